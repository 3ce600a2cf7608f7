//! The same rules in the plain way: a set of regular expressions says which match a line, each of those replaces.

use regex::{Regex, RegexSet};

/// The rules as expressions. They say less than the hand-written ones: no check digits, no words that are no values.
const RULES: &[&str] = &[
    r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b",
    r"\bAIza[0-9A-Za-z_-]{35}\b",
    r"\bya29\.[0-9A-Za-z._-]{20,}",
    r"\bGOCSPX-[0-9A-Za-z_-]{28}\b",
    r"\b(?:LTAI[0-9A-Za-z]{16,20}|AKID[0-9A-Za-z]{32})\b",
    r"\bdo[opr]_v1_[0-9a-f]{64}\b",
    r"\b(?:gh[pousr]_[0-9A-Za-z]{36,}|github_pat_[0-9A-Za-z_]{36,})",
    r"\b(?:glpat|gldt|glrt|glcbt|glptt|glsoat)-[0-9A-Za-z_.-]{20,}",
    r"\b(?:xox[abcdeoprs]-[0-9A-Za-z_-]{10,}|xapp-[0-9A-Za-z_-]{20,})",
    r"(?:hooks\.slack\.com/services|discord\.com/api/webhooks)/[0-9A-Za-z/_-]{20,}",
    r"\b(?:[sr]k_(?:live|test)_[0-9A-Za-z]{16,}|whsec_[0-9A-Za-z]{24,}|sq0csp-[0-9A-Za-z_-]{40,})",
    r"\bshp(?:at|ca|pa|ss)_[0-9A-Za-z]{32}\b",
    r"\b(?:npm_[0-9A-Za-z]{36}|pypi-AgE[0-9A-Za-z_-]{40,}|rubygems_[0-9a-f]{48}|dckr_[op]at_[0-9A-Za-z_-]{20,})",
    r"\b(?:sk-[0-9A-Za-z_-]{20,}|hf_[0-9A-Za-z]{30,40}|gsk_[0-9A-Za-z]{40,}|xai-[0-9A-Za-z]{60,})",
    r"\b(?:SG\.[0-9A-Za-z._-]{60,}|key-[0-9a-f]{32}\b)",
    r"\b(?:hv[sb]\.[0-9A-Za-z_-]{24,}|dapi[0-9a-f]{32}\b|glsa_[0-9A-Za-z_-]{40,}|glc_[0-9A-Za-z]{40,})",
    r"\b(?:NRAK-[0-9A-Z]{27}|PMAK-[0-9A-Za-z-]{50,}|lin_api_[0-9A-Za-z]{40,}|dp\.pt\.[0-9A-Za-z]{40,}|sntrys_[0-9A-Za-z_-]{40,}|ATATT3[0-9A-Za-z_-]{40,}|AGE-SECRET-KEY-1[0-9A-Z]{58})",
    r"\b(?:glft|glimt|gloas|glagent|sq0atp|CFPAT|xkeysib|tskey|pplx)-[0-9A-Za-z_-]{20,}",
    r"\b(?:pscale_(?:pw|tkn|oauth)|ntn|figd|nfp|fm2|r8|CCIPAT|CLOJARS)_[0-9A-Za-z_-]{32,}|\b(?:sq[pau]_|sbp_|bkua_|pul-)[0-9a-f]{40}\b",
    r"\b(?:EZAK[0-9A-Za-z]{54}|AKCp[0-9A-Za-z]{69,73})\b|\.atlasv1\.[0-9A-Za-z_-]{60,}|\bdt0c01\.[0-9A-Z.]{80,}|webhook\.office\.com/webhookb2/[0-9A-Za-z@/_-]{40,}",
    r"\beyJ[0-9A-Za-z_-]{12,}\.[0-9A-Za-z_-]{8,}(?:\.[0-9A-Za-z_-]*){0,3}",
    r"[0-9A-Za-z_~.-]{3}\dQ~[0-9A-Za-z_~.-]{31,34}",
    r"\b\d{8,10}:AA[0-9A-Za-z_-]{33}",
    r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----",
    r#"(?i)[\w.-]*(?:pass(?:word|wd|phrase|code|wort)?|pwd|secret|token|(?:api|auth|access|account|secret|private|signing|encryption|master|shared|storage)[_.-]?key)\d*["'`\]\\]*\s*(?:=>|:=|[=:])\s*["'\\]*[^\s"',;&<>|)\]}]+"#,
    r#"(?i)--[\w-]*(?:password|token|secret|key)\s+[^\s-]\S*"#,
    r"(?i)<[\w:]*(?:password|secret|token)>[^<]+<",
    r"(?i)x-(?:amz|goog)-signature=[^&\s]{32,}",
    r"(?i)[?&]sig(?:nature)?=[^&\s]{32,}",
    r"(?i)\b(?:set-)?cookie:.*=[^;\s]{16,}",
    r"(?i)client-key-data:\s*\S+|jsessionid=[^;\s]{8,}",
    r"(?i)\b(?:sshpass|(?:docker|podman) login|mysql(?:dump|admin)?|redis-cli|ldap(?:search|modify)) .*-[paw]\s*\S+",
    r"(?i)identified by ['\x22][^'\x22]+",
    r#"(?i)authorization["'\\]*\s*[:=]\s*["'\\]*(?:bearer|basic|token|apikey|digest|negotiate)\s+[^\s"',]+"#,
    r"(?i)\b(?:bearer|basic)\s+[0-9A-Za-z._~+/=-]{16,}",
    r"(?:--user|-u)[ =][^\s:]+:\S+",
    r#"[A-Za-z][A-Za-z0-9+.-]*://[^\s/:@"'<>]*:[^\s/@"'<>]+@"#,
    r"[0-9A-Za-z._%+-]+(?:@|%40)[0-9A-Za-z.-]+\.[A-Za-z]{2,24}\b",
    r"\b(?:\d{13,19}|\d{4}[ -]\d{4}[ -]\d{4}[ -]\d{4}|\d{4}[ -]\d{6}[ -]\d{4,5})\b",
];

/// The set, and each rule for itself.
pub(crate) fn rules() -> (RegexSet, Vec<Regex>) {
    let set = RegexSet::new(RULES).expect("valid");
    let rules = RULES.iter().map(|rule| Regex::new(rule).expect("valid"));
    (set, rules.collect())
}

/// Which rules match a line, then those replace in it.
pub(crate) fn by_line(text: &str, set: &RegexSet, rules: &[Regex]) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let matches = set.matches(line);
        if !matches.matched_any() {
            out.push_str(line);
            continue;
        }
        let mut line = line.to_owned();
        for rule in matches {
            line = rules[rule].replace_all(&line, "[REDACTED]").into_owned();
        }
        out.push_str(&line);
    }
    out
}

/// In how many lines some rule matches.
pub(crate) fn matching(text: &str, set: &RegexSet) -> usize {
    let lines = text.split_inclusive('\n');
    lines.filter(|line| set.matches(line).matched_any()).count()
}

/// Each rule over the whole text.
pub(crate) fn one_by_one(text: &str, rules: &[Regex]) -> String {
    let mut text = text.to_owned();
    for rule in rules {
        text = rule.replace_all(&text, "[REDACTED]").into_owned();
    }
    text
}
