//! What ordinary logs hold and no rule may touch.

use logloop_redaction::{Config, Kinds};

use crate::redactor;

/// Lines that look like what is redacted, and are not.
const HARMLESS: &[&str] = &[
    // identifiers, hashes, versions, numbers
    "request 550e8400-e29b-41d4-a716-446655440000 done",
    "commit 3f786850e387550fdab836ed7e6dc881de23001b",
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "image registry.example.com/app@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4",
    "version 1.2.3-rc.1+build.20260101 of lib-2.31.so",
    "lodash@4.17.21 and @babel/core@^7.0.0 and left-pad@1.3.0.tgz",
    "blk_4111111111111111 and blk_-4111111111111111 of 67108864",
    "id 0x4111111111111111 trace=4111111111111111a span",
    "a4111-1111-1111-1111 x-4111-1111-1111-1111",
    "at 1700000000000 and 1700000000000000 and 1700000000000000000 ns",
    "20260101120000 20260101120000123 2026-01-01 12:00:00",
    "phone +4111111111111111 or 4111.1111.1111.1111",
    "4111 1111 1111 1112 fails the check, 9999 9999 9999 9995 has no issuer",
    // mail-like
    "getty@tty1.service started, user@1000.service, session@2.scope",
    "icon@2x.png main@abc123.js com.example.Main@1f2e3d",
    "ssh://git@example.com/a.git and git@example.com:a/b.git",
    "Listener@org.example.Handler called",
    "@Override @author @2026 a @ b a@b user@localhost",
    "https://user@example.com/x https://ann:***@example.com/ https://ann:${PW}@example.com/",
    "http://example.com:8080/a@b",
    // words about secrets
    "password= ",
    "password=",
    "password=\"\"",
    "password=***",
    "password=******** user=ann",
    "password: ********",
    "password=${DB_PASSWORD} password=$DB_PASSWORD password={{ .Values.password }} password=<password>",
    "password=[FILTERED] \"password\":\"[REDACTED]\" password=null password: nil \"password\":null",
    "Failed password for root from host port 22 ssh2",
    "Failed password for invalid user admin",
    "Invalid password: must be at least 8 characters",
    "password: required",
    "\"password\": \"is too short\"",
    "Enter password:",
    "password authentication failed for user \"ann\"",
    "if password == other { }",
    "password_reset_url=/reset password_length=12 passwords=3 passwordless=true",
    "password = config.get(\"db\")",
    "token = getToken() token: String, password: &str",
    "password: String = x",
    "token expired",
    "token: expired",
    "token=expired",
    "Bearer token expired; bearer authentication required",
    "Authorization: failed for user ann",
    "authorization failed: not allowed",
    "basic authentication is used, basic types",
    "unexpected token: } at 12",
    "SyntaxError: Unexpected token 'x', \"xyz\" is not valid JSON",
    "unexpected token=EOF",
    "Window{1f2e3d token=Token{1f2e3d4c Activity}} bad token: com.example.os.Proxy@1f2e3d",
    "tokens=512 max_tokens=4096 token_type=bearer token_count=12 tokenId: 12345",
    "nextPageToken=abcdefgh12345678 continuation-token: abcdefgh12345678",
    "secret: my-tls-secret",
    "secretName: my-tls secret=default/my-tls MountVolume.SetUp failed for volume \"x\" : secret \"my-tls\" not found",
    "Secret \"kube-system/bootstrap-token-abcdef\" created",
    "api_key=short apiKey: true",
    "pass=12 fail=0 skip=1",
    "tests: pass: 12, fail: 0",
    "PASS: test_login (0.01s)",
    "bypass=true compass: north",
    "PWD=/home/ann OLDPWD=/tmp",
    "monkey=abcdefgh12345678 key=value",
    "  --token string   Bearer token for authentication",
    "--password-file /run/x --password <pw>",
    "docker run --user 1000:1000 -u 1000:1000 app",
    "HMAC secret::Key token::Token secret://vault/x",
    // names near prefixes
    "pod task-akia-7c5ddbdf54-x2x1z disk-usage sk-some-long-kubernetes-name-for-a-pod",
    "npm_config_registry npm_lifecycle_event=test",
    "ghp_short xoxb-short hf_model sk_live_ AKIA",
    "eyJhbGciOi is no token and eyJhbGciOiJIUzI1NiJ9 neither",
    "log.config org.example.Sg.msg.a",
    "task-r8_x figd_ pul-request ntn_t0 nfp_server sqp_1 tskey-x sbp_2024 fm2_ mp3 EZAKs",
    // cookies and command lines
    "Cookie: theme=dark; lang=en; consent=accepted-all-of-them; _ga=GA1.2",
    "Set-Cookie: theme=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/; SameSite=Lax",
    "cookies: 12345678901234567890",
    "recookie: a=abcdefgh12345678abcd",
    "sessionid = 0x14f05578bd80001 session_id=42 closed",
    "docker login -u ann --password-stdin registry.example.com",
    "docker login succeeded, docker run -p 8080:80 app",
    "mysql -u root -p -h db shop and mysql --port=3306",
    "sshpass -f /run/secret ssh ann@host; sshpass -p $PASS ssh ann@host; sshpass -p '***' x",
    "redis-cli -h cache -p 6379 ping | tee -a log",
    "the file is identified by its name",
    "https://example.com/x?signature=short&signature=",
    "certificate-authority-data: REDACTED client-key-data: REDACTED",
    // stack traces
    "\tat com.example.auth.TokenStore$Key.<init>(TokenStore.java:42) ~[app-1.2.3.jar:1.2.3]",
    "  File \"/usr/lib/python3.11/site-packages/secrets/token.py\", line 12, in key",
    "goroutine 12 [select]: main.(*KeyStore).token(0xc000123456, 0x4111111111111111)",
    "-----BEGIN CERTIFICATE-----",
    "-----BEGIN PUBLIC KEY-----",
];

/// The same with IP addresses on.
const HARMLESS_WITH_IPS: &[&str] = &[
    "version 1.2.3.4.5 v1.2.3.4 lib-1.2.3.4 256.1.1.1",
    "Chrome/120.0.0.0 Safari/537.36",
    "127.0.0.1 0.0.0.0 ::1 ::",
    "12:34:56 aa:bb:cc:dd:ee:ff std::fs::read a::b Foo::Bar",
    "50:06:01:60:3b:a0:11:22 10.0 1.2.3",
];

#[test]
fn ordinary_lines_stay() {
    let off = redactor(Config::default());
    let on = redactor(Config {
        kinds: Kinds::ALL,
        ..Config::default()
    });
    let mut wrong = Vec::new();
    let lines = HARMLESS.iter().map(|line| (line, &off));
    for (line, redactor) in lines.chain(HARMLESS_WITH_IPS.iter().map(|line| (line, &on))) {
        let redacted = redactor.redact(line);
        if redacted.text != *line {
            wrong.push(format!("{line}\n    → {}", redacted.text));
        }
        assert_eq!(redacted.text == *line, redacted.counts.total() == 0);
    }
    assert!(
        wrong.is_empty(),
        "{} of {} wrong:\n{}",
        wrong.len(),
        HARMLESS.len(),
        wrong.join("\n")
    );
}
