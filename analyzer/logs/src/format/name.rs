//! Names of the formats.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The formats that are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// `ts|LEVEL|component|operation|message`, and shorter.
    Pipe,
    /// One JSON object a line, whatever its field names; journald's export among them.
    Json,
    /// `key=value` pairs with a level or message among them.
    Logfmt,
    /// `I1122 10:00:00.000000 1 file.go:12] message`.
    Klog,
    /// `<time> LEVEL component: message`: log4j, logback, Python, tracing, Hadoop, Apache and nginx
    /// errors and the like; without a time stamp only the level is read.
    Leveled,
    /// RFC 3164 and 5424, with or without priority.
    Syslog,
    /// Apache and nginx access logs.
    Access,
    /// The container runtime's prefix before any other format.
    Cri,
    /// The Docker engine's JSON file with any other format inside.
    Docker,
    /// `service-1  | ` or `[pod/name/container] ` before any other format.
    Compose,
    /// The time stamps of GitHub Actions before any other format.
    Github,
    /// The time stamps and stream marks of GitLab CI before any other format.
    Gitlab,
    /// `- <epoch> <date> <node> …` of the supercomputers; a first column other than `-` is an alert.
    Ras,
    /// `11-22 10:00:00.123  1702  2395 D Tag: message` and `D/Tag(1702): message`.
    Logcat,
    /// `<time>\tINFO\tlogger\tfile.go:12\tmessage\t{…}`.
    Console,
    /// A time stamp and no level, before any other format.
    Timed,
    /// None of these.
    Plain,
}

impl Format {
    /// All formats but [`Format::Plain`].
    pub(super) const SPECIFIC: [Self; 16] = [
        Self::Cri,
        Self::Docker,
        Self::Compose,
        Self::Github,
        Self::Gitlab,
        Self::Json,
        Self::Klog,
        Self::Pipe,
        Self::Access,
        Self::Syslog,
        Self::Ras,
        Self::Logcat,
        Self::Console,
        Self::Leveled,
        Self::Logfmt,
        Self::Timed,
    ];

    /// Name as in the API and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pipe => "pipe",
            Self::Json => "json",
            Self::Logfmt => "logfmt",
            Self::Klog => "klog",
            Self::Leveled => "leveled",
            Self::Syslog => "syslog",
            Self::Access => "access",
            Self::Cri => "cri",
            Self::Docker => "docker",
            Self::Compose => "compose",
            Self::Github => "github",
            Self::Gitlab => "gitlab",
            Self::Ras => "ras",
            Self::Logcat => "logcat",
            Self::Console => "console",
            Self::Timed => "timed",
            Self::Plain => "plain",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let known = || Self::SPECIFIC.into_iter().chain([Self::Plain]);
        known()
            .find(|format| format.as_str() == name)
            .ok_or_else(|| {
                let names: Vec<_> = known().map(Self::as_str).collect();
                format!("unknown format {name:?}; known are {}", names.join(", "))
            })
    }
}
