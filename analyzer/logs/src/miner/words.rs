//! The word lists of the miner: what holds for any log, in no order that matters.

use std::collections::HashSet;
use std::sync::LazyLock;

/// A set of words.
type Words = LazyLock<HashSet<&'static str>>;

/// Words which tell one event from another or hold a sentence together, in lower case.
pub(super) static MEANINGS: Words = LazyLock::new(|| {
    words(
        "active after again alert all already an and any are as at bad be been before begin begun bound \
         broken built busy but by can canceled cancelled cannot complete could critical dead debug \
         degraded denied died done down due during else emergency empty end error errors exception \
         expired expiry failed failure failures false fatal follower for forbidden found free from full \
         get good had has have healthy high idle if in inactive info input into invalid is its leader \
         less login logout lost low made missing more must never new no none normal not now null off \
         offline ok old on once online only open or out output over panic passive pending post put quit \
         ran read ready reset response run running sent set shut shutdown slow still stopped stopping \
         succeeded success successful successfully than that the their then this timeout to trace true \
         unable unavailable unhealthy unknown unreachable until up valid warn warning was were when \
         while will with without written wrong yes yet",
    )
});

/// Stems of verbs which tell one event from another, in lower case.
pub(super) static VERBS: Words = LazyLock::new(|| {
    words(
        "abort accept acquir activ add allocat allow appl assert attach attempt authenticat authoriz \
         block break cancel chang check clean clear clos commit complet configur connect corrupt crash \
         creat deactivat delet deni deny destroy detach detect die disabl disallow disconnect download \
         drop elect enabl enter evict exceed exist exit expir export fail finish grant ignor import \
         initialis initializ insert install join kill leav load lock match mount open overload pass \
         paus permit reboot receiv recover refus register reject rejoin releas reload remov renew \
         request resolv restart resum retr retri return sav schedul send skip sleep start stop submit \
         succeed suspend switch terminat trigger unblock uninstall unload unlock unmount unregister \
         updat upgrad upload wait writ",
    )
});

/// Units written as a word of their own.
pub(super) static UNITS: Words = LazyLock::new(|| {
    words(
        "B GB GiB KB Kb KiB MB MBytes Mb MiB TB TiB byte bytes day days hour hours hr hrs kB kb \
         microseconds millis milliseconds min mins minute minutes ms msec nanoseconds ns s sec second \
         seconds secs us usec week weeks",
    )
});

/// Last parts of keys whose value names one thing of many.
pub(super) static IDENTITIES: Words = LazyLock::new(|| {
    words(
        "account addr address alias bucket caller client container database db device dir directory dst \
         email filename folder group guid hash host hostname id image instance ip job key label lock \
         login name namespace node package path peer pkg pod queue rhost secret serial session sha sid \
         src table tag task thread title token topic uid uri url user username uuid volume",
    )
});

/// Nouns in front of the name of one thing of many.
pub(super) static NAMED: Words = LazyLock::new(|| {
    words(
        "account bucket container database device directory disk domain file folder group host hostname \
         image instance interface job module namespace node package partition pod queue service table \
         task thread topic user username volume",
    )
});

/// Names of accounts that are the same on many machines.
pub(super) static ACCOUNTS: Words =
    LazyLock::new(|| words("admin administrator guest mysql nobody postgres root ubuntu www-data"));

fn words(list: &'static str) -> HashSet<&'static str> {
    list.split_whitespace().collect()
}
