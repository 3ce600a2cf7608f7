//! Labelled texts: in `text`, `{}` stands for the value that must go. The values are invented; they are put together from
//! parts here, so that nothing in these files looks like a secret to a scanner.

use logloop_redaction::Kind;

/// A text with a value of a kind in it.
pub(crate) struct Case {
    pub(crate) kind: Kind,
    pub(crate) value: String,
    pub(crate) text: &'static str,
}

fn case(kind: Kind, parts: &[&str], text: &'static str) -> Case {
    let value = parts.concat();
    Case { kind, value, text }
}

/// As many invented bytes as are wanted: letters of both cases and digits.
pub(crate) fn filler(length: usize) -> String {
    "Zk3vQ9xLm2Tq7Rb1Wc8Ny4Hp6Js5Gd0Fu"
        .chars()
        .cycle()
        .take(length)
        .collect()
}

fn upper(length: usize) -> String {
    filler(length).to_uppercase()
}

fn hex(length: usize) -> String {
    "9f3a07c2e8b14d56".chars().cycle().take(length).collect()
}

/// Tokens by their form.
pub(crate) fn tokens() -> Vec<Case> {
    let (f, u, h) = (filler, upper, hex);
    let t = |parts: &[&str], text| case(Kind::Token, parts, text);
    vec![
        t(&["AK", "IA", &u(16)], "credentials {} in use"),
        t(&["AS", "IA", &u(16)], "[{}]"),
        t(
            &["AK", "IA", &u(16)],
            "Credential={}/20260101/eu-west-1/s3/aws4_request, Signed",
        ),
        t(&["AI", "za", &f(35)], "GET /maps/api/js?k={}&v=3"),
        t(&["ya", "29.", &f(60)], "refreshed {} for project"),
        t(&["GOC", "SPX-", &f(28)], "client {}"),
        t(&["LT", "AI", &f(20)], "oss id {}"),
        t(&["dop", "_v1_", &h(64)], "doctl auth init -t {}"),
        t(&["gh", "p_", &f(36)], "remote: using {}"),
        t(
            &["gh", "s_", &f(36)],
            "https://x-access-token:{}@github.com/a/b.git",
        ),
        t(&["gh", "o_", &f(36)], "\"{}\""),
        t(&["github", "_pat_", &f(22), "_", &f(59)], "set {} as"),
        t(&["gl", "pat-", &f(20)], "clone with {}."),
        t(&["gl", "rt-", &f(20)], "runner {} registered"),
        t(
            &["xo", "xb-", "123456789012-123456789012-", &f(24)],
            "slack {}",
        ),
        t(&["xo", "xp-", "123456789012-", &f(30)], "slack {}"),
        t(
            &["T0000", "/B0000", "/", &f(24)],
            "POST https://hooks.slack.com/services/{} 200",
        ),
        t(&["sk", "_live_", &f(24)], "Invalid API Key provided: {}"),
        t(&["rk", "_test_", &f(24)], "({})"),
        t(&["whsec", "_", &f(32)], "endpoint {}"),
        t(&["shp", "at_", &h(32)], "shop {}"),
        t(&["np", "m_", &f(36)], "//registry.example.com/:{}"),
        t(&["py", "pi-AgE", "IcHlwaS5vcmc", &f(60)], "upload {}"),
        t(&["rubygems", "_", &h(48)], "push {}"),
        t(&["dckr", "_pat_", &f(27)], "login {}"),
        t(
            &["s", "k-", &f(20), "T3Blbk", "FJ", &f(20)],
            "Incorrect API key provided: {}",
        ),
        t(&["s", "k-proj-", &f(60)], "using {} for"),
        t(&["s", "k-ant-api03-", &f(80), "-", &f(8)], "key {}"),
        t(&["s", "k-", &h(32)], "llm {}"),
        t(&["h", "f_", &f(34)], "hub {}"),
        t(&["S", "G.", &f(22), ".", &f(43)], "mail {}"),
        t(&["ke", "y-", &h(32)], "mailgun {}"),
        t(&["hv", "s.", &f(28)], "vault {}"),
        t(&["da", "pi", &h(32)], "cluster {}"),
        t(&["NR", "AK-", &u(27)], "agent {}"),
        t(&["gls", "a_", &f(32), "_", &h(8)], "grafana {}"),
        t(&["Ab1", "8", "Q~", &f(34)], "entra {}"),
        t(&["123456789", ":A", "A", &f(33)], "bot {} polling"),
        t(
            &[
                "ey",
                "JhbGciOiJIUzI1NiJ9.",
                "ey",
                "JzdWIiOiIxMjM0NTY3ODkwIn0.",
                &f(43),
            ],
            "jwt {} rejected",
        ),
        t(
            &[
                "ey",
                "JhbGciOiJIUzI1NiJ9.",
                "ey",
                "JzdWIiOiIxMjM0NTY3ODkwIn0",
            ],
            "signature stripped {} ok",
        ),
        t(
            &[
                "ey",
                "JlbmMiOiJBMTI4R0NNIn0.",
                &f(40),
                ".",
                &f(16),
                ".",
                &f(60),
                ".",
                &f(22),
            ],
            "jwe {}",
        ),
        t(&["gl", "ft-", &f(20)], "feed {}"),
        t(&["gl", "agent-", &f(50)], "agentk {}"),
        t(&["gl", "oas-", &h(64)], "app {}"),
        t(
            &[&h(36), "@", &h(36), "/IncomingWebhook/", &h(32)],
            "POST https://example.webhook.office.com/webhookb2/{} 200",
        ),
        t(&["sq0", "atp-", &f(22)], "square {}"),
        t(&["EZ", "AK", &f(54)], "parcel {}"),
        t(&["CLO", "JARS_", &h(60)], "deploy with {}"),
        t(&["AK", "Cp", &f(69)], "curl -H X-JFrog-Art-Api:{}"),
        t(&["ppl", "x-", &f(48)], "model {}"),
        t(&["r", "8_", &f(37)], "replicate {}"),
        t(&["xkey", "sib-", &h(64), "-", &f(16)], "mail {}"),
        t(&[&f(64)], "abcdefghij1234.atlasv1.{}"),
        t(&["pu", "l-", &h(40)], "pulumi login {}"),
        t(&["dt0", "c01.", &u(24), ".", &u(64)], "Api-Token {}"),
        t(
            &["ts", "key-auth-", &f(12), "-", &f(32)],
            "tailscale up --authkey {}",
        ),
        t(&["fm", "2_", &f(120)], "FlyV1 {}"),
        t(&["nf", "p_", &f(40)], "netlify {}"),
        t(&["bk", "ua_", &h(40)], "buildkite {}"),
        t(&["CCI", "PAT_", &f(22), "_", &h(40)], "circle {}"),
        t(&["sq", "p_", &h(40)], "sonar {}"),
        t(&["sb", "p_", &h(40)], "supabase {}"),
        t(&["pscale", "_pw_", &f(43)], "db {}"),
        t(&["pscale", "_tkn_", &f(43)], "db {}"),
        t(&["nt", "n_", &f(46)], "notion {}"),
        t(&["fi", "gd_", &f(40)], "figma {}"),
        t(&["CF", "PAT-", &f(43)], "contentful {}"),
    ]
}

/// Values by their place.
pub(crate) fn passwords() -> Vec<Case> {
    let (f, h) = (filler, hex);
    let p = |parts: &[&str], text| case(Kind::Password, parts, text);
    let mut cases = vec![
        p(
            &["QWxhZGRpbjpvcGVuIHNlc2FtZQ", "=="],
            "Authorization: Basic {}",
        ),
        p(
            &["QWxhZGRpbjpvcGVuIHNlc2FtZQ", "=="],
            "sent Basic {} to proxy",
        ),
        p(
            &["QWxhZGRpbjpvcGVuIHNlc2FtZQ", "=="],
            "{\"auths\":{\"r.example.com\":{\"auth\": \"{}\"}}}",
        ),
        p(&[&f(30)], "authorization: bearer {}"),
        p(&["opaque", "-tok"], "> Authorization: Bearer {}"),
        p(&[&f(30)], "'Proxy-Authorization': 'Bearer {}'"),
        p(&[&f(30)], "{\"Authorization\":\"token {}\",\"x\":1}"),
        p(&[&f(30)], "Authorization: {}"),
        p(&[&f(40)], "curl -H 'X: y' with bearer {} now"),
        p(&[&h(40)], "X-Api-Key: {}"),
        p(&[&h(40)], "x-auth-token: {}"),
        p(&[&f(64)], "GET /b/o?X-Amz-Date=1&X-Amz-Signature={}&x=1"),
        p(&[&f(43), "%3D"], "GET /c/b?sv=2024-01-01&sig={}&se=x"),
        p(&[&f(40)], "AWS_SECRET_ACCESS_KEY={}"),
        p(&[&f(40)], "aws_secret_access_key = {}"),
        p(&[&f(40)], "\"SecretAccessKey\": \"{}\","),
        p(
            &[&f(86), "=="],
            "DefaultEndpointsProtocol=https;AccountName=x;AccountKey={};EndpointSuffix=y",
        ),
        p(
            &[&f(43), "="],
            "Endpoint=sb://x/;SharedAccessKeyName=Root;SharedAccessKey={}",
        ),
        p(&["ab", "cdef"], "curl -u admin:{} https://example.com"),
        p(&["ab", "cdef"], "run --user admin:{} go"),
        p(&["ab", "cdef"], "CREATE USER x IDENTIFIED BY PASSWORD '{}'"),
        p(&[&f(32)], "npm config set //r/:_authToken={}"),
        // Cookies that hold a session
        p(&[&f(32)], "< Set-Cookie: sessionid={}; Path=/; HttpOnly"),
        p(&[&h(32)], "cookie: theme=dark; JSESSIONID={}; lang=en"),
        p(&["s%3A", &f(32)], "\"cookie\": \"connect.sid={}\","),
        p(&[&h(32)], "GET /shop;jsessionid={} 200"),
        // Settings of clients
        p(&["LS0tLS1CRUdJTi", &f(200)], "    client-key-data: {}"),
        p(
            &[&f(100)],
            "https://d1.example.net/x?Expires=1&Signature={}&Key-Pair-Id=K",
        ),
        // Command lines
        p(&["hun", "ter2"], "+ sshpass -p {} ssh ann@host"),
        p(&["hun", "ter2"], "+ sshpass -p'{}' ssh ann@host"),
        p(
            &["hun", "ter2"],
            "$ docker login -u ann -p {} registry.example.com",
        ),
        p(&["hun", "ter2"], "mysql -h db -u root -p{} shop"),
        p(&["hun", "ter2"], "mysqldump -u root -p{} shop | gzip"),
        p(&["hun", "ter2"], "redis-cli -h cache -a {} ping"),
        p(&["hun", "ter2"], "ldapsearch -D cn=x -w {} -b dc=x"),
        p(&["hun", "ter2"], "CREATE USER 'app' IDENTIFIED BY '{}'"),
    ];
    let secret = ["hun", "ter2"];
    cases.extend(PLACES.iter().map(|text| p(&secret, text)));
    let long = [&filler(24)[..]];
    cases.extend(KEY_PLACES.iter().map(|text| p(&long, text)));
    cases
}

/// Where a password stands.
const PLACES: &[&str] = &[
    "password={}",
    "login user=ann password={} ok",
    "Password = {}",
    "password: {}",
    "password: {}, user: ann",
    "password : {}",
    "passwd={}&user=ann",
    "DB_PASSWORD={}",
    "export PGPASSWORD='{}'",
    "docker run -e MYSQL_ROOT_PASSWORD={} mysql",
    "ENV REDIS_PASSWORD \"{}\"",
    "spring.datasource.password={}",
    "-Djavax.net.ssl.keyStorePassword={} -jar x",
    "mysql --user=root --password={} db",
    "tool --password {} --verbose",
    "tool --db-password \"{}\"",
    "{\"user\":\"ann\",\"password\":\"{}\"}",
    "{\"password\" : \"{}\" , \"x\":1}",
    "{'password': '{}'}",
    "{\"m\":\"{\\\"password\\\":\\\"{}\\\"}\"}",
    "'password' => '{}'",
    "User{name='ann', password='{}'}",
    "User { name: \"ann\", password: \"{}\" }",
    "password: Some(\"{}\")",
    "<password>{}</password>",
    "<db:password>{}</db:password>",
    "<add key=\"x\" password=\"{}\"/>",
    "Server=db;Database=x;User Id=sa;Password={};Encrypt=true",
    "Data Source=x;Pwd={};",
    "jdbc:postgresql://db:5432/x?user=ann&password={}",
    "postgres://ann:{}@db.internal:5432/x",
    "redis://:{}@cache:6379/0",
    "mongodb+srv://ann:{}@cluster0.example.net/x?retryWrites=true",
    "amqp://guest:{}@mq:5672/%2f",
    "fetch https://ann:{}@git.example.com/a.git failed",
    "client_secret={}",
    "\"clientSecret\":\"{}\"",
    "secret: {}",
    "webhook_secret={}",
    "passphrase=\"{}\"",
    "db_pass={}",
    "dbPass={}",
    "SMTP_PASS={}",
    "Parameters: {\"user[password]\"=>\"{}\"}",
    "user[password]={}&x=1",
    "password2={}",
    "kennwort none, Passwort={}",
];

/// Where a key or token stands.
const KEY_PLACES: &[&str] = &[
    "token={}",
    "access_token={}&token_type=bearer",
    "\"access_token\":\"{}\",\"expires_in\":3600",
    "\"refreshToken\": \"{}\"",
    "csrf-token: {}",
    "VAULT_TOKEN={}",
    "--token {}",
    "--token={}",
    "token: {}",
    "api_key={}",
    "apiKey: '{}'",
    "API-KEY={}",
    "\"api.key\": \"{}\"",
    "secret_key={}",
    "SECRET_KEY_BASE={}",
    "encryption_key: {}",
    "private_key={}",
    "storage-key={}",
];

/// Addresses of people.
pub(crate) fn emails() -> Vec<Case> {
    let e = |parts: &[&str], text| case(Kind::Email, parts, text);
    let ann = ["ann", "@", "example.com"];
    let mut cases: Vec<Case> = [
        "user {} logged in",
        "<{}>",
        "to={}, relay=x",
        "mailto:{}",
        "\"email\":\"{}\"",
        "{}",
        "sent to {}.",
        "({})",
        "user={}&x=1",
        "{}: bounced",
        "from {};",
        "GET /?u=1&e={}",
    ]
    .iter()
    .map(|text| e(&ann, text))
    .collect();
    cases.extend([
        e(&["ann.lee+ops", "@", "mail.example.co.uk"], "cc {} ok"),
        e(&["A_B-c%d", "@", "EXAMPLE.ORG"], "cc {} ok"),
        e(&["ann", "%40", "example.com"], "GET /?email={}&x=1"),
        e(&["ann", "%40", "example.com"], "GET /?email={} HTTP/1.1"),
        e(&["7", "@", "example.museum"], "cc {} ok"),
        e(&["jürgen", "@", "müller.example"], "cc {} ok"),
    ]);
    cases
}

/// Card numbers that issuers publish for tests, in all layouts.
pub(crate) fn cards() -> Vec<Case> {
    let c = |parts: &[&str], text| case(Kind::Card, parts, text);
    let visa = ["4111", "1111", "1111", "1111"];
    let mut cases: Vec<Case> = [
        "card {} declined",
        "pan={}",
        "\"number\":\"{}\"",
        "{}",
        "card:{},",
        "<{}>",
        "PAN {}.",
    ]
    .iter()
    .flat_map(|text| {
        [
            c(&visa, text),
            c(&[&visa.join(" ")], text),
            c(&[&visa.join("-")], text),
        ]
    })
    .collect();
    cases.extend([
        c(&["5555", "5555", "5555", "4444"], "mc {}"),
        c(&["2223", "0000", "4840", "0011"], "mc {}"),
        c(&["3782", "822463", "10005"], "amex {}"),
        c(&["3782 ", "822463 ", "10005"], "amex {}"),
        c(&["6011", "1111", "1111", "1117"], "disc {}"),
        c(&["3056", "930902", "5904"], "diners {}"),
        c(&["3530", "1113", "3330", "0000"], "jcb {}"),
        c(&["6200", "0000", "0000", "0005"], "cup {}"),
        c(&["4222", "2222", "22222"], "old visa {}"),
    ]);
    cases
}

/// Addresses of machines.
pub(crate) fn ips() -> Vec<Case> {
    let i = |value: &str, text| case(Kind::Ip, &[value], text);
    vec![
        i("203.0.113.7", "from {} port 22"),
        i("10.250.10.6", "dest: /{}:50010"),
        i("203.0.113.7", "host/{}:8020"),
        i("203.0.113.7", "{} - - [x]"),
        i("203.0.113.7", "http://{}/x"),
        i("203.0.113.7", "({})."),
        i("2001:db8::1", "peer {} up"),
        i("2001:db8:85a3:0:0:8a2e:370:7334", "peer [{}]:443"),
        i("fe80::1ff:fe23:4567:890a", "via {}%eth0"),
        i("2001:db8::1", "peer {}: down"),
    ]
}

/// Private keys over several lines: the text and the pieces that must go.
pub(crate) fn private_keys() -> Vec<(String, Vec<String>)> {
    let begin = ["-----BE", "GIN RSA PRIVATE ", "KEY-----"].concat();
    let end = ["-----E", "ND RSA PRIVATE KEY-----"].concat();
    let body: Vec<String> = (0..18)
        .map(|n| filler(64 + n)[n..].to_owned())
        .chain(["Qm3=".to_owned()])
        .collect();
    let plain = format!("loaded\n{begin}\n{}\n{end}\ndone\n", body.join("\n"));
    let headed = format!(
        "{begin}\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00FF\n\n{}\n{end}",
        body.join("\n")
    );
    let stamped: String = std::iter::once(&begin)
        .chain(&body)
        .chain([&end])
        .map(|line| format!("2026-01-01T00:00:00Z app[7]: {line}\r\n"))
        .collect();
    let indented = format!(
        "key: |\n  {begin}\n  {}\n  {end}\nnext: 1",
        body.join("\n  ")
    );
    let written = format!(
        "{{\"private_key\": \"{begin}\\n{}\\n{end}\\n\", \"x\": 1}}",
        body.join("\\n")
    );
    let cut = format!("{begin}\n{}\n2026-01-01 INFO next\n", body[..5].join("\n"));
    let environment = format!("KEY=\"{begin}\n{}\n{end}\"\nA=1", body.join("\n"));
    let few = body[..5].to_vec();
    [plain, headed, stamped, indented, written, environment]
        .into_iter()
        .map(|text| (text, body.clone()))
        .chain([(cut, few)])
        .collect()
}
