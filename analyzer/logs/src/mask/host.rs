//! Host names which clearly are ones.

/// Top-level domains that are no file extension and seldom the last part of a package's name.
const GENERIC: [&[u8]; 14] = [
    b"com",
    b"net",
    b"org",
    b"edu",
    b"gov",
    b"mil",
    b"info",
    b"biz",
    b"arpa",
    b"local",
    b"internal",
    b"lan",
    b"localdomain",
    b"svc",
];

/// Second-level names under the domain of a country.
const SECOND: [&[u8]; 10] = [
    b"co", b"com", b"net", b"org", b"edu", b"ac", b"gov", b"go", b"ne", b"or",
];

/// Countries whose domain is no common file extension or word of code.
const COUNTRIES: [&[u8]; 30] = [
    b"ar", b"at", b"au", b"be", b"br", b"ca", b"ch", b"cn", b"cz", b"de", b"dk", b"eu", b"fi",
    b"fr", b"hk", b"hu", b"it", b"jp", b"kr", b"mx", b"nl", b"nz", b"pt", b"ru", b"se", b"tw",
    b"ua", b"uk", b"us", b"za",
];

/// Names of hosts which have no dot.
const BARE: [&[u8]; 1] = [b"localhost"];

/// Whether `name`, without port, is a host name: labels of letters, digits and `-`, joined by
/// dots, under a well-known domain. `java.io`, `main.rs` and `com.example.app` are none.
pub(super) fn is_host(name: &[u8]) -> bool {
    if BARE.contains(&name) {
        return true;
    }
    let name = name.strip_suffix(b".").unwrap_or(name);
    let mut labels = name.rsplit(|byte| *byte == b'.');
    let (Some(last), Some(second)) = (labels.next(), labels.next()) else {
        return false;
    };
    let domain = if GENERIC.contains(&last) {
        true
    } else if last.len() == 2 {
        (SECOND.contains(&second) && labels.next().is_some())
            || (COUNTRIES.contains(&last) && labels.next().is_some())
    } else {
        false
    };
    domain
        && name.split(|byte| *byte == b'.').all(|label| {
            !label.is_empty()
                && label
                    .iter()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        })
}

/// Extensions of files which are named with a line number: `main.c:12`.
const SOURCES: [&[u8]; 24] = [
    b"c", b"cc", b"cpp", b"cs", b"css", b"cxx", b"ex", b"go", b"h", b"hpp", b"hs", b"java", b"js",
    b"jsx", b"kt", b"lua", b"php", b"pl", b"py", b"rb", b"rs", b"scala", b"ts", b"tsx",
];

/// Whether `name`, with a number behind its colon, is a host name: lower case, with a dot, and
/// no source file.
pub(super) fn is_host_of_port(name: &[u8]) -> bool {
    let lower = name.iter().all(|byte| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.')
    });
    let last = name.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
    lower
        && name.contains(&b'.')
        && last.len() > 1
        && !SOURCES.contains(&last)
        && last.iter().all(u8::is_ascii_lowercase)
        && name[0] != b'.'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        for (name, host) in [
            ("example.com", true),
            ("ns1.example.org", true),
            ("db.prod.svc.cluster.local", true),
            ("proxy.cs.example.edu.hk", true),
            ("www.example.de", true),
            ("localhost", true),
            ("example.de", false),
            ("com.example.app", false),
            ("java.io.IOException", false),
            ("main.rs", false),
            ("task.id", false),
            ("...com", false),
            ("com", false),
            ("", false),
        ] {
            assert_eq!(is_host(name.as_bytes()), host, "{name}");
        }
    }
}
