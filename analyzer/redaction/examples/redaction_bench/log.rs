//! A generated log: ordinary lines of several kinds, and now and then one with an invented secret.

use std::fmt::Write;

/// Written apart, so that nothing here looks like a secret.
const PREFIX: &str = "AK";
const HUB: &str = "gh";

/// A log of about `bytes` bytes with a secret every `every` lines.
pub(crate) fn generate(bytes: usize, every: usize) -> String {
    let mut out = String::with_capacity(bytes + 1024);
    let mut random = 0x9E37_79B9_7F4A_7C15u64;
    let mut line = 0usize;
    while out.len() < bytes {
        // xorshift64 (Marsaglia 2003)
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        line += 1;
        let (n, ms) = (random >> 20, line % 1000);
        let _ = write!(
            out,
            "2026-03-{:02} {:02}:{:02}:{:02},{ms:03} ",
            line / 90_000 % 28 + 1,
            line / 3600 % 24,
            line / 60 % 60,
            line % 60
        );
        let _ = if line.is_multiple_of(every) {
            secret(&mut out, line / every, n)
        } else {
            ordinary(&mut out, n)
        };
        out.push('\n');
    }
    out
}

fn ordinary(out: &mut String, n: u64) -> std::fmt::Result {
    let (a, b, c) = (n % 97, n % 6151, n % 1_000_003);
    match n % 12 {
        0 => write!(
            out,
            "INFO  org.example.storage.BlockManager: Received block blk_{c}{b} of size {b} from /10.2.{a}.{} in {a} ms",
            a + 3
        ),
        1 => write!(
            out,
            "DEBUG [http-nio-8080-exec-{a}] c.e.web.Dispatcher - GET \"/api/v1/items/{c}?page={a}&size=50\", parameters={{masked}}"
        ),
        2 => write!(
            out,
            "WARN  kubelet[{b}]: readiness probe of pod web-{c:x}-x{a} in namespace shop failed: connection refused"
        ),
        3 => write!(
            out,
            "10.1.{a}.7 - - \"POST /cart/{c}/checkout HTTP/1.1\" 200 {b} \"https://shop.example.com/cart\" \"Mozilla/5.0 (X11; Linux x86_64)\" {a}"
        ),
        4 => write!(
            out,
            "ERROR worker-{a} task {c:08x}-{b:04x}-4000-8000-{c:012x} failed after {b} ms: java.io.IOException: Broken pipe"
        ),
        5 => write!(
            out,
            "    at org.example.worker.Executor.run(Executor.java:{b}) ~[worker-2.{a}.0.jar:2.{a}.0]"
        ),
        6 => write!(
            out,
            "INFO  sshd[{b}]: Connection closed by invalid user port {c} [preauth]"
        ),
        7 => write!(
            out,
            "INFO  cache: hit ratio 0.{a} over {c} requests, {b} evicted, usage {b} of 65536 KiB"
        ),
        8 => write!(
            out,
            "INFO  gc pause (young) {b}M->{a}M(2048M) {a}.{b}ms, tenured {c}K, task queue {a}"
        ),
        9 => write!(
            out,
            "{{\"level\":\"info\",\"msg\":\"request completed\",\"trace\":\"{c:016x}{b:016x}\",\"ms\":{a},\"status\":200}}"
        ),
        10 => write!(
            out,
            "INFO  Compiling module {c} of {b}: src/components/item-{a}/index passed all checks"
        ),
        _ => write!(
            out,
            "TRACE scheduler: token bucket refilled to {b}, next in {a} ms, keys {c}"
        ),
    }
}

fn secret(out: &mut String, number: usize, n: u64) -> std::fmt::Result {
    let id = n % 1_000_003;
    match number % 8 {
        0 => write!(
            out,
            "INFO  user=u{id}@example.com signed in from the office"
        ),
        1 => write!(
            out,
            "DEBUG connect postgres://app:pw{id}x@db.internal:5432/shop?sslmode=require"
        ),
        2 => write!(
            out,
            "ERROR login failed user=ann password=pw{id}x attempt=3"
        ),
        3 => write!(
            out,
            "DEBUG > Authorization: Bearer {:0>40x}",
            n as u128 * 0x1_0000_0001
        ),
        4 => write!(out, "WARN  payment with {:08}11111111 declined", 41_111_111),
        5 => write!(out, "INFO  using {PREFIX}IA{n:016X} in eu-west-1"),
        6 => write!(
            out,
            "{{\"client_id\":\"shop\",\"client_secret\":\"s{id}Xq9-{n:x}\"}}"
        ),
        _ => write!(out, "INFO  push with {HUB}p_{n:036x}"),
    }
}
