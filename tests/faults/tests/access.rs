//! Who gets into the real program.

use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant};

use logloop_fault_tests::analyzer::{Analyzer, command};
use logloop_fault_tests::http::Client;

const ANN: &str = "ann-0123456789abcdef";

fn start(data: &Path, listen: &str, args: &[&str]) -> Result<Analyzer, String> {
    Analyzer::from(command(
        data,
        &[&["serve", "--listen", listen], args].concat(),
    ))
}

fn status(client: Client, path: &str) -> u16 {
    let mut client = client;
    client.send("GET", path, "").unwrap().status
}

#[test]
fn where_others_come_somebody_must_say_who_may() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let said = start(&data, "0.0.0.0:0", &[]).unwrap_err();
    assert!(
        said.contains("--tokens-file") && said.contains("--no-access-control"),
        "{said}"
    );
    assert!(!data.exists(), "nothing was made before it was refused");
    start(&data, "0.0.0.0:0", &["--no-access-control"]).unwrap();

    let tokens = dir.path().join("tokens");
    let path = tokens.to_str().unwrap();
    let said = start(&data, "0.0.0.0:0", &["--tokens-file", path]).unwrap_err();
    assert!(said.contains("cannot read the token file"), "{said}");
    fs::write(&tokens, format!("{ANN} ann boss\n")).unwrap();
    let said = start(&data, "0.0.0.0:0", &["--tokens-file", path]).unwrap_err();
    assert!(
        said.contains("line 1") && said.contains("no list of scopes") && !said.contains(ANN),
        "{said}"
    );
}

#[test]
fn tokens_change_as_a_mounted_secret_does() {
    let dir = tempfile::tempdir().unwrap();
    // As Kubernetes mounts it: a link to a folder that is replaced as a whole.
    for (folder, text) in [
        ("v1", format!("{ANN} ann analyze\n")),
        ("v2", "bob-0123456789abcdef bob analyze\n".to_owned()),
    ] {
        fs::create_dir(dir.path().join(folder)).unwrap();
        fs::write(dir.path().join(folder).join("tokens"), text).unwrap();
    }
    let link = dir.path().join("now");
    std::os::unix::fs::symlink("v1", &link).unwrap();
    let tokens = link.join("tokens");
    let data = dir.path().join("data");
    let server = start(
        &data,
        "127.0.0.1:0",
        &["--tokens-file", tokens.to_str().unwrap()],
    )
    .unwrap();
    let ask = || {
        let client = Client::connect(server.address).unwrap();
        let client = client.with_header("authorization", &format!("Bearer {ANN}"));
        status(client, "/api/chat/stats")
    };
    assert_eq!(ask(), 200);
    std::os::unix::fs::symlink("v2", dir.path().join("new")).unwrap();
    fs::rename(dir.path().join("new"), &link).unwrap();
    let begun = Instant::now();
    while ask() == 200 {
        assert!(
            begun.elapsed() < Duration::from_secs(10),
            "the token still lets in"
        );
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(ask(), 401);
}

#[test]
fn a_proxy_is_believed_by_where_it_connects_from() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let said = start(&data, "127.0.0.1:0", &["--identity-header", "X-User"]).unwrap_err();
    assert!(said.contains("--trusted-proxy"), "{said}");
    for (trusted, wanted) in [("127.0.0.1/32", 200), ("10.0.0.0/8", 401)] {
        let args = ["--identity-header", "X-User", "--trusted-proxy", trusted];
        let server = start(&data, "127.0.0.1:0", &args).unwrap();
        let client = || Client::connect(server.address).unwrap();
        assert_eq!(status(client(), "/api/chat/stats"), 401);
        let ann = client().with_header("x-user", "ann@example.org");
        assert_eq!(status(ann, "/api/chat/interactions"), wanted);
    }
}

/// Bytes of memory that a process has in use.
fn resident(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kib.unwrap() << 10
}

#[test]
#[cfg(target_os = "linux")]
fn who_is_not_let_in_holds_no_memory() {
    let dir = tempfile::tempdir().unwrap();
    let tokens = dir.path().join("tokens");
    fs::write(&tokens, format!("{ANN} ann analyze\n")).unwrap();
    let server = start(
        &dir.path().join("data"),
        "127.0.0.1:0",
        &["--tokens-file", tokens.to_str().unwrap()],
    )
    .unwrap();
    let before = resident(server.id());
    let part = vec![b' '; 16 << 20];
    let mut held = vec![];
    for request in [
        "PUT /internal/serving",
        "POST /api/chat/analyze",
        "POST /api/training/export",
    ] {
        let mut stream = TcpStream::connect(server.address).unwrap();
        let head = format!(
            "{request} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            60 << 20
        );
        stream.write_all(head.as_bytes()).unwrap();
        // Some are cut off, which is as good.
        let _ = stream.write_all(&part);
        held.push(stream);
    }
    std::thread::sleep(Duration::from_millis(300));
    let grown = resident(server.id()).saturating_sub(before);
    assert!(
        grown < 8 << 20,
        "{} MiB for three who were not let in",
        grown >> 20
    );
}

#[test]
fn what_one_process_is_told_holds_in_another() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let one = start(&data, "127.0.0.1:0", &["--writer", "one"]).unwrap();
    let two = start(&data, "127.0.0.1:0", &["--writer", "two"]).unwrap();
    let mut to_one = Client::connect(one.address).unwrap();
    let mut to_two = Client::connect(two.address).unwrap();
    let failures = |client: &mut Client| {
        let log = r#"{"log_content": "ERROR cache 7 is cold"}"#;
        let answer = client.send("POST", "/api/chat/analyze", log).unwrap().body;
        answer["analysis_results"]["failures"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(failures(&mut to_two), 1);
    let (_, id) = to_one.analyze("", "ERROR cache 1 is cold").unwrap();
    let path = format!("/api/chat/interactions/{}/feedback", id.unwrap());
    let said = r#"{"corrections": [{"line": 1, "is_failure": false}]}"#;
    assert_eq!(to_one.send("PUT", &path, said).unwrap().status, 200);
    assert_eq!(failures(&mut to_one), 0);
    let begun = Instant::now();
    while failures(&mut to_two) > 0 {
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "the other process never heard of it"
        );
        std::thread::sleep(Duration::from_millis(200));
    }
}
