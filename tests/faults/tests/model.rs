//! The store against a model: random appends, seals, feedback, retention, erasures, failures, kills and power losses on a
//! disk that drops, tears and reorders what was not synced. After each, what was acknowledged is there, once, and nothing
//! else is; what was erased is shown by nobody, and in no segment once its receipt says so.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use logloop_fault_tests::disk::{Disk, Faults};
use logloop_fault_tests::random::Random;
use logloop_fault_tests::simulated::Simulated;
use logloop_records::archive::{Archive, MAX_PAGE, PageQuery};
use logloop_records::erase::{Erased, Eraser, State, Target, receipts, request};
use logloop_records::filesystem::Open;
use logloop_records::prune::{PruneOptions, prune};
use logloop_records::store::{Options, Store, read_segment, segments};
use logloop_records::{DataDir, Error, Feedback, Interaction, Kind, blob, crc, read_feedback};
use uuid::Uuid;

/// Seeds in `make test`; `LOGLOOP_MODEL_SEEDS` gives another number.
const SEEDS: u64 = 150;

/// Steps of one seed.
const STEPS: u64 = 60;

fn seeds(usual: u64) -> u64 {
    let given = std::env::var("LOGLOOP_MODEL_SEEDS").ok();
    given.and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// What must be in the store, and what may.
#[derive(Default)]
struct Model {
    acknowledged: HashMap<Uuid, Interaction>,
    /// Sent and not acknowledged, or old enough for a retention that did not end.
    possible: HashSet<Uuid>,
    /// Erased, and told so.
    erased: HashSet<Uuid>,
    feedback: HashMap<Uuid, String>,
    possible_feedback: HashMap<Uuid, Vec<String>>,
}

struct World {
    seed: u64,
    disk: Arc<Disk>,
    random: Random,
    model: Model,
    data: DataDir,
    stores: Vec<Store>,
    feedback: Option<Store>,
    now: DateTime<Utc>,
    /// Where clocks are behind, what a subject asks after an erasure looks as if it was before: it is another subject then.
    life: u64,
    made: u64,
    lies: Faults,
}

impl World {
    fn new(seed: u64, lies: Faults) -> Self {
        let disk = Arc::new(Disk::new(seed));
        disk.set_faults(lies);
        Self {
            data: data(&disk),
            disk,
            random: Random::new(seed ^ 0x5eed),
            seed,
            model: Model::default(),
            stores: vec![],
            feedback: None,
            // With clocks that are ahead of the one that erasures go by, and with others.
            now: DateTime::from_timestamp([1_800_000_000, 1_700_000_000][seed as usize % 2], 0)
                .unwrap(),
            life: 0,
            made: 0,
            lies,
        }
    }

    fn options(&self) -> Options {
        Options {
            seal_bytes: 6000,
            seal_age: Duration::from_secs(1 << 40),
            background: false,
            ..Options::default()
        }
    }

    fn open(&mut self) -> Result<(), Error> {
        let options = self.options();
        if self.stores.len() < 2 {
            let name = format!("writer-{}", self.stores.len());
            let store = Store::open(&self.data, Kind::Interactions, &name, options)?;
            self.stores.push(store);
        }
        if self.feedback.is_none() {
            let store = Store::open(&self.data, Kind::Feedback, "writer", options)?;
            self.feedback = Some(store);
        }
        Ok(())
    }

    fn interaction(&mut self) -> Interaction {
        self.made += 1;
        self.now += TimeDelta::seconds(1);
        let long = match self.random.below(40) {
            0 => blob::MAX_INLINE_LOG_BYTES as u64 + 1,
            _ => self.random.below(2500),
        };
        let id = Uuid::from_u128((u128::from(self.seed) << 64) | u128::from(self.made));
        Interaction {
            timestamp: self.now,
            id,
            user_query: format!("question {}", self.made),
            log_content: "x\n".repeat(long as usize / 2),
            subject: Some(self.subject(self.made % 3)),
            ..Interaction::default()
        }
    }

    fn subject(&self, number: u64) -> String {
        let life = self.life * (self.seed % 2);
        format!("subject {number}.{life}")
    }

    fn append(&mut self) {
        let number = 1 + self.random.below(4);
        let at = self.random.below(self.stores.len() as u64) as usize;
        let mut sent = vec![];
        let mut stored = vec![];
        for _ in 0..number {
            let interaction = self.interaction();
            let mut spilled = interaction.clone();
            if blob::spill(&self.data, &mut spilled).is_ok() {
                sent.push(interaction);
                stored.push(spilled);
            }
        }
        match self.stores[at].append_all(&stored) {
            Ok(()) => {
                let sent = sent.into_iter().map(|record| (record.id, record));
                self.model.acknowledged.extend(sent);
            }
            Err(_) => self.model.possible.extend(sent.iter().map(|r| r.id)),
        }
    }

    fn say(&mut self) {
        let Some(about) = self.model.acknowledged.keys().min().copied() else {
            return;
        };
        self.now += TimeDelta::seconds(1);
        let text = format!("comment at {}", self.now);
        let event = Feedback {
            timestamp: self.now,
            interaction_id: about,
            user_feedback: Some(text.clone()),
            ..Feedback::default()
        };
        let Some(store) = &self.feedback else { return };
        match store.append(&event) {
            Ok(()) => {
                self.model.feedback.insert(about, text);
                self.model.possible_feedback.remove(&about);
            }
            Err(_) => {
                let possible = self.model.possible_feedback.entry(about);
                possible.or_default().push(text);
            }
        }
    }

    fn prune(&mut self) {
        let cutoff = self.now - TimeDelta::seconds(40);
        let options = PruneOptions {
            cutoff: Some(cutoff),
            ..PruneOptions::default()
        };
        // Whatever comes of it, what is older may be gone.
        let all = self.model.acknowledged.values();
        let old: Vec<_> = all
            .filter(|record| record.timestamp < cutoff)
            .map(|record| record.id)
            .collect();
        for id in old {
            self.model.acknowledged.remove(&id);
            self.model.feedback.remove(&id);
            self.model.possible.insert(id);
        }
        let _ = prune(&self.data, &options);
    }

    /// Erases an interaction, or all of a subject.
    fn erase(&mut self) {
        let all = self.model.acknowledged.keys();
        let Some(one) = all.max_by_key(|id| id.as_u128() % 31).copied() else {
            return;
        };
        let number = self.random.below(3);
        let name = self.subject(number);
        let is_one = self.random.below(3) > 0;
        let target = if is_one {
            Target::Interaction(one)
        } else {
            Target::Subject(&name)
        };
        let accepted = request(&self.data, target).is_ok();
        let is_of = |record: &&Interaction| {
            if is_one {
                record.id == one
            } else {
                record.subject.as_ref() == Some(&name)
            }
        };
        let all = self.model.acknowledged.values();
        let ids: Vec<Uuid> = all.filter(is_of).map(|record| record.id).collect();
        for id in ids {
            self.model.acknowledged.remove(&id);
            self.model.feedback.remove(&id);
            self.model.possible_feedback.remove(&id);
            if accepted {
                self.model.erased.insert(id);
            } else {
                self.model.possible.insert(id);
            }
        }
        self.life += u64::from(!is_one);
    }

    /// What the thread of a serving analyzer does.
    fn carry_out(&mut self) -> Result<(), Error> {
        let mut eraser = Eraser::new(&self.data);
        let interactions = self.stores.iter().map(|store| (Kind::Interactions, store));
        let feedback = self.feedback.iter().map(|store| (Kind::Feedback, store));
        for (kind, store) in interactions.chain(feedback) {
            if eraser.is_held_in(kind, &store.active().0)? {
                store.seal();
            }
        }
        eraser.pass().map(drop)
    }

    /// Nobody is shown what is erased; `found` are the ids that lie in segments.
    fn check_erased(&self, found: &HashSet<Uuid>) {
        let seed = self.seed;
        let archive = Archive::new(&self.data);
        let said = read_feedback(&self.data).expect("it can be read");
        for id in &self.model.erased {
            let shown = archive.find(*id).expect("it can be read");
            assert!(shown.is_none(), "seed {seed}: {id} is shown");
            assert!(!said.contains_key(id), "seed {seed}: what was said of {id}");
        }
        let mut query = PageQuery {
            limit: MAX_PAGE,
            ..PageQuery::default()
        };
        loop {
            let page = archive.page(&query).expect("it can be read");
            for shown in page.interactions {
                assert!(found.contains(&shown.id), "seed {seed}");
                let is_erased = self.model.erased.contains(&shown.id);
                assert!(!is_erased, "seed {seed}: {} is listed", shown.id);
            }
            match page.next {
                Some(next) => query.cursor = Some(next),
                None => break,
            }
        }
    }

    /// On a disk that works again all erasures come to their end, and then nothing of them is there.
    fn complete_erasures(&mut self) {
        let seed = self.seed;
        self.carry_out().expect("it can be carried out");
        for receipt in receipts(&self.data).expect("they can be read") {
            assert_eq!(receipt.state, State::Complete, "seed {seed}: {receipt:?}");
        }
        let erased: HashSet<String> = self
            .model
            .erased
            .iter()
            .map(|id| (id.as_u128() as u64).to_string())
            .collect();
        each_file(&self.data, self.data.root(), &mut |path, bytes| {
            let text = String::from_utf8_lossy(bytes);
            for rest in text.split("\"question ").skip(1) {
                let number = rest.split('"').next().unwrap_or_default();
                let path = path.display();
                assert!(!erased.contains(number), "seed {seed}: {number} in {path}");
            }
        });
        for segment in segments(&self.data, Kind::Feedback).expect("it can be listed") {
            read_segment::<Feedback>(&segment, |line| {
                let about = line.record.interaction_id;
                let is_erased = self.model.erased.contains(&about);
                assert!(!is_erased, "seed {seed}: what was said of {about}");
                Ok(())
            })
            .expect("it can be read");
        }
        let blobs = self.data.fs().list(&self.data.blobs()).unwrap_or_default();
        for id in &self.model.erased {
            let name = format!("{id}.log.zst");
            let is_left = blobs.iter().any(|path| path.ends_with(&name));
            assert!(!is_left, "seed {seed}: the log of {id}");
        }
    }

    fn step(&mut self) {
        let alive = self.open().is_ok() && !self.stores.is_empty();
        match self.random.below(27) {
            0..=9 if alive => self.append(),
            10..=11 if alive => self.say(),
            12 if alive => self.stores[0].seal(),
            13 if alive => self.stores.iter().for_each(Store::housekeep),
            14 if alive => self.prune(),
            24 | 25 if alive => self.erase(),
            26 if alive => {
                let _ = self.carry_out();
            }
            15 => {
                let fail_after = Some(self.random.below(12));
                self.faults(Faults {
                    fail_after,
                    ..self.lies
                });
            }
            16 => {
                let power_after = Some(self.random.below(12));
                self.faults(Faults {
                    power_after,
                    ..self.lies
                });
            }
            17 => {
                let space = Some(self.random.below(20_000));
                self.faults(Faults {
                    space,
                    short_writes: true,
                    ..self.lies
                });
            }
            18 => self.faults(Faults {
                short_writes: true,
                ..self.lies
            }),
            19 => self.restart(|disk| disk.kill()),
            20 => {
                self.restart(Disk::lose_power);
            }
            21 => {
                self.stores.clear();
                self.feedback = None;
            }
            22 => self.check(),
            _ => {}
        }
    }

    fn faults(&mut self, faults: Faults) {
        // A power loss that has begun must end first.
        if self.disk.has_failed() {
            self.restart(Disk::lose_power);
        }
        self.disk.set_faults(faults);
    }

    fn restart(&mut self, how: impl Fn(&Disk)) {
        // Nothing that the dead process still does reaches the disk.
        how(&self.disk);
        self.disk.set_faults(self.lies);
        self.stores.clear();
        self.feedback = None;
        self.data = data(&self.disk);
    }

    fn check(&mut self) {
        self.restart(Disk::lose_power);
        let seed = self.seed;
        let mut found = HashSet::new();
        let erased = Erased::load(&self.data).expect("it can be read");
        let mut shown = 0;
        for segment in segments(&self.data, Kind::Interactions).expect("it can be listed") {
            read_segment::<Interaction>(&segment, |line| {
                let id = line.record.id;
                assert_eq!(line.check, crc::Check::Right, "seed {seed}");
                assert!(found.insert(id), "seed {seed}: {id} is there twice");
                if let Some(sent) = self.model.acknowledged.get(&id) {
                    let log = blob::log(&self.data, &line.record).expect("its log is there");
                    assert_eq!(log, sent.log_content, "seed {seed}");
                    assert_eq!(line.record.user_query, sent.user_query, "seed {seed}");
                } else {
                    let may = self.model.possible.contains(&id) || self.model.erased.contains(&id);
                    assert!(may, "seed {seed}: {id}");
                }
                let subject = line.record.subject.as_deref();
                let is_erased = erased.is_erased(id, subject, line.record.timestamp);
                shown += u64::from(!is_erased);
                let must = self.model.acknowledged.contains_key(&id);
                assert!(!(must && is_erased), "seed {seed}: {id} was not erased");
                Ok(())
            })
            .expect("it can be read");
        }
        for id in self.model.acknowledged.keys() {
            assert!(found.contains(id), "seed {seed}: {id} is lost");
        }
        self.check_erased(&found);
        let said = read_feedback(&self.data).expect("it can be read");
        for (id, text) in &self.model.feedback {
            let got = said.get(id).and_then(|said| said.user_feedback.clone());
            let got = got.unwrap_or_default();
            let possible = self.model.possible_feedback.get(id);
            let may = possible.is_some_and(|texts| texts.contains(&got));
            assert!(got == *text || may, "seed {seed}: feedback is lost");
        }
        self.open().expect("the store opens");
        self.stores[0].housekeep();
        let totals = self.stores[0].totals();
        // A sidecar made of what a failed sync left in memory has the right length and may have wrong counts; `fsck` sees
        // it by the digest.
        if self.disk.sync_failures() == 0 {
            assert_eq!(totals.sum.records, shown, "seed {seed}");
        }
        self.complete_erasures();
        assert_eq!(self.disk.violations(), Vec::<String>::new(), "seed {seed}");
    }
}

/// Calls `each` for every file below a folder, whatever it is.
fn each_file(data: &DataDir, dir: &Path, each: &mut impl FnMut(&Path, &[u8])) {
    let fs = data.fs();
    for path in fs.list(dir).unwrap_or_default() {
        let stat = fs.stat(&path).expect("it is there");
        if stat.is_dir {
            each_file(data, &path, each);
            continue;
        }
        let file = fs.open(&path, Open::Read).expect("it can be opened");
        let mut bytes = vec![0; stat.bytes as usize];
        let mut read = 0;
        while read < bytes.len() {
            let more = file.read_at(&mut bytes[read..], read as u64);
            read += more.ok().filter(|n| *n > 0).expect("it can be read");
        }
        each(&path, &bytes);
    }
}

fn data(disk: &Arc<Disk>) -> DataDir {
    DataDir::on("/vol/data", Arc::new(Simulated::new(disk)))
}

fn run(seed: u64, lies: Faults) {
    let mut world = World::new(seed, lies);
    for _ in 0..STEPS {
        world.step();
    }
    world.check();
}

#[test]
fn what_was_acknowledged_is_there_whatever_happens() {
    for seed in 0..seeds(SEEDS) {
        run(seed, Faults::default());
    }
}

/// The test above means something only if it sees a sync that is not there.
#[test]
fn a_missing_sync_is_seen() {
    let files = Faults {
        lying_file_syncs: true,
        ..Faults::default()
    };
    let dirs = Faults {
        lying_dir_syncs: true,
        ..Faults::default()
    };
    std::panic::set_hook(Box::new(|_| {}));
    let seen = |lies| (0..40).any(|seed| std::panic::catch_unwind(|| run(seed, lies)).is_err());
    let (files, dirs) = (seen(files), seen(dirs));
    let _ = std::panic::take_hook();
    assert!(files, "nobody missed the syncs of files");
    assert!(dirs, "nobody missed the syncs of folders");
}

/// Fails each single change in turn: opening, appending, sealing, spilling, recovering, erasing, rewriting, pruning.
#[test]
fn a_failure_at_any_single_step_loses_nothing() {
    for power in [false, true] {
        for step in 0.. {
            let mut world = World::new(step, Faults::default());
            world.disk.set_faults(Faults {
                fail_after: (!power).then_some(step),
                power_after: power.then_some(step),
                ..Faults::default()
            });
            for round in 0..8 {
                if world.open().is_ok() && !world.stores.is_empty() {
                    world.append();
                    world.say();
                    if round % 3 == 2 {
                        world.stores[0].seal();
                        world.stores[0].housekeep();
                        world.erase();
                        let _ = world.carry_out();
                        world.prune();
                    }
                }
            }
            let failed = world.disk.has_failed();
            world.check();
            world.append();
            world.check();
            assert!(!world.model.acknowledged.is_empty(), "it goes on working");
            if !failed {
                assert!(step > 60, "{step} steps only");
                break;
            }
        }
    }
}
