//! Keys and tokens that their own form gives away: a prefix that the issuer chose, then so many bytes of a class.
//!
//! Forms after the issuers' documentation, as secret scanners list them too.

use crate::bytes::{alnum, at, base64url, before, run_end, short_run_end, short_run_start};

/// How a token of one issuer looks.
#[derive(Debug)]
pub(crate) struct Form {
    /// What it begins with, case as written.
    pub(crate) prefix: &'static str,
    /// What follows the prefix.
    class: Class,
    /// The least number of bytes behind the prefix.
    min: usize,
    /// The greatest number of bytes behind the prefix.
    max: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    /// Capital letters and digits.
    Upper,
    /// Small hexadecimal digits.
    Hex,
    /// Letters and digits.
    Alnum,
    /// base64url.
    Url,
    /// base64url in parts with dots between them.
    Dotted,
    /// base64url that holds a digit and either a capital letter or no `-` and `_`: no words joined by them.
    Opaque,
    /// The path of a webhook: the prefix is no secret and stays.
    Path,
}

const NO_MAX: usize = usize::MAX;

const fn form(prefix: &'static str, class: Class, min: usize, max: usize) -> Form {
    Form {
        prefix,
        class,
        min,
        max,
    }
}

/// The forms that are known.
pub(crate) static FORMS: &[Form] = &[
    // Amazon Web Services: access key ids, long-lived and of a session
    form("AKIA", Class::Upper, 16, 16),
    form("ASIA", Class::Upper, 16, 16),
    form("ABIA", Class::Upper, 16, 16),
    form("ACCA", Class::Upper, 16, 16),
    // Google: API keys, OAuth access tokens and client secrets
    form("AIza", Class::Url, 35, 35),
    form("ya29.", Class::Dotted, 20, NO_MAX),
    form("GOCSPX-", Class::Url, 28, 28),
    // Alibaba Cloud, Tencent Cloud, DigitalOcean, Hetzner-like long prefixes
    form("LTAI", Class::Alnum, 16, 20),
    form("AKID", Class::Alnum, 32, 32),
    form("dop_v1_", Class::Hex, 64, 64),
    form("doo_v1_", Class::Hex, 64, 64),
    form("dor_v1_", Class::Hex, 64, 64),
    // GitHub
    form("ghp_", Class::Alnum, 36, NO_MAX),
    form("gho_", Class::Alnum, 36, NO_MAX),
    form("ghu_", Class::Alnum, 36, NO_MAX),
    form("ghs_", Class::Alnum, 36, NO_MAX),
    form("ghr_", Class::Alnum, 36, NO_MAX),
    form("github_pat_", Class::Url, 36, NO_MAX),
    // GitLab
    form("glpat-", Class::Dotted, 20, NO_MAX),
    form("gldt-", Class::Url, 20, NO_MAX),
    form("glrt-", Class::Dotted, 20, NO_MAX),
    form("glcbt-", Class::Url, 20, NO_MAX),
    form("glptt-", Class::Url, 20, NO_MAX),
    form("glsoat-", Class::Url, 20, NO_MAX),
    form("glft-", Class::Url, 20, NO_MAX),
    form("glimt-", Class::Url, 20, NO_MAX),
    form("gloas-", Class::Url, 20, NO_MAX),
    form("glagent-", Class::Url, 40, NO_MAX),
    // Slack, Discord and Teams
    form("xoxa-", Class::Url, 10, NO_MAX),
    form("xoxb-", Class::Url, 10, NO_MAX),
    form("xoxc-", Class::Url, 10, NO_MAX),
    form("xoxd-", Class::Url, 10, NO_MAX),
    form("xoxe-", Class::Url, 10, NO_MAX),
    form("xoxe.xox", Class::Url, 10, NO_MAX),
    form("xoxo-", Class::Url, 10, NO_MAX),
    form("xoxp-", Class::Url, 10, NO_MAX),
    form("xoxr-", Class::Url, 10, NO_MAX),
    form("xoxs-", Class::Url, 10, NO_MAX),
    form("xapp-", Class::Url, 20, NO_MAX),
    form("hooks.slack.com/services/", Class::Path, 20, NO_MAX),
    form("discord.com/api/webhooks/", Class::Path, 40, NO_MAX),
    form("webhook.office.com/webhookb2/", Class::Path, 40, NO_MAX),
    // Payment and shops
    form("sk_live_", Class::Alnum, 16, NO_MAX),
    form("sk_test_", Class::Alnum, 16, NO_MAX),
    form("rk_live_", Class::Alnum, 16, NO_MAX),
    form("rk_test_", Class::Alnum, 16, NO_MAX),
    form("whsec_", Class::Alnum, 24, NO_MAX),
    form("sq0csp-", Class::Url, 40, NO_MAX),
    form("sq0atp-", Class::Url, 22, NO_MAX),
    form("EZAK", Class::Alnum, 54, 54),
    form("shpat_", Class::Alnum, 32, 32),
    form("shpca_", Class::Alnum, 32, 32),
    form("shppa_", Class::Alnum, 32, 32),
    form("shpss_", Class::Alnum, 32, 32),
    // Package registries
    form("npm_", Class::Alnum, 36, 36),
    form("pypi-AgE", Class::Url, 40, NO_MAX),
    form("rubygems_", Class::Hex, 48, 48),
    form("dckr_pat_", Class::Url, 20, NO_MAX),
    form("dckr_oat_", Class::Url, 20, NO_MAX),
    form("CLOJARS_", Class::Alnum, 60, 60),
    form("AKCp", Class::Alnum, 69, 73),
    // Model services
    form("sk-", Class::Opaque, 20, NO_MAX),
    form("hf_", Class::Alnum, 30, 40),
    form("gsk_", Class::Alnum, 40, NO_MAX),
    form("xai-", Class::Alnum, 60, NO_MAX),
    form("pplx-", Class::Alnum, 40, NO_MAX),
    form("r8_", Class::Alnum, 37, 40),
    // Mail
    form("xkeysib-", Class::Url, 64, NO_MAX),
    form("SG.", Class::Dotted, 60, NO_MAX),
    form("key-", Class::Hex, 32, 32),
    // Operations
    form(".atlasv1.", Class::Path, 60, NO_MAX),
    form("pul-", Class::Hex, 40, 40),
    form("dt0c01.", Class::Dotted, 80, NO_MAX),
    form("tskey-", Class::Url, 20, NO_MAX),
    form("fm2_", Class::Url, 60, NO_MAX),
    form("nfp_", Class::Alnum, 36, NO_MAX),
    form("bkua_", Class::Hex, 40, 40),
    form("CCIPAT_", Class::Url, 40, NO_MAX),
    form("sqp_", Class::Hex, 40, 40),
    form("sqa_", Class::Hex, 40, 40),
    form("squ_", Class::Hex, 40, 40),
    form("sbp_", Class::Hex, 40, 40),
    form("pscale_pw_", Class::Url, 32, NO_MAX),
    form("pscale_tkn_", Class::Url, 32, NO_MAX),
    form("pscale_oauth_", Class::Url, 32, NO_MAX),
    form("ntn_", Class::Alnum, 40, NO_MAX),
    form("figd_", Class::Url, 40, NO_MAX),
    form("CFPAT-", Class::Url, 43, NO_MAX),
    form("hvs.", Class::Url, 24, NO_MAX),
    form("hvb.", Class::Url, 24, NO_MAX),
    form("dapi", Class::Hex, 32, 32),
    form("glsa_", Class::Url, 40, NO_MAX),
    form("glc_", Class::Alnum, 40, NO_MAX),
    form("NRAK-", Class::Upper, 27, 27),
    form("PMAK-", Class::Url, 50, NO_MAX),
    form("lin_api_", Class::Alnum, 40, NO_MAX),
    form("dp.pt.", Class::Alnum, 40, NO_MAX),
    form("sntrys_", Class::Url, 40, NO_MAX),
    form("ATATT3", Class::Url, 40, NO_MAX),
    form("AGE-SECRET-KEY-1", Class::Upper, 58, 58),
];

/// The bytes that may follow the three-byte prefixes, which are too short for the prefilter.
pub(crate) const AFTER_SHORT_PREFIX: &[u8] =
    b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

/// What shows whether a token is one lies within this many bytes.
const MAX_JUDGED_BYTES: usize = 256;

/// The token of `form` whose prefix lies at `start`.
pub(crate) fn find(text: &[u8], start: usize, form: &Form) -> Option<(usize, usize)> {
    let body = start + form.prefix.len();
    let as_written = text[start..body] == *form.prefix.as_bytes();
    if !as_written || !begins(before(text, start), form) {
        return None;
    }
    let end = short_run_end(text, body, MAX_JUDGED_BYTES, |b| form.class.has(b));
    let length = trimmed(&text[body..end]);
    if !(form.min..=form.max).contains(&length)
        || form.class == Class::Opaque && !opaque(&text[body..end])
    {
        return None;
    }
    let end = match length == MAX_JUDGED_BYTES {
        true => run_end(text, end, |b| form.class.has(b)),
        false => body + length,
    };
    match form.class {
        _ if alnum(at(text, end)) => None,
        Class::Path => Some((body, end)),
        _ => Some((start, end)),
    }
}

/// Whether a token may begin behind `previous`: not within a run of its own bytes, so that no end of a run becomes a token
/// when what follows is replaced. A prefix of letters alone also occurs within base64.
fn begins(previous: u8, form: &Form) -> bool {
    let in_base64 = matches!(previous, b'+' | b'/' | b'_' | b'-') && form.prefix.bytes().all(alnum);
    let in_run = match form.class {
        Class::Url | Class::Opaque | Class::Dotted => base64url(previous),
        _ => alnum(previous),
    };
    form.class == Class::Path || !(in_run || in_base64)
}

/// Without the dots at the end: they end a sentence.
fn trimmed(body: &[u8]) -> usize {
    body.len() - body.iter().rev().take_while(|b| **b == b'.').count()
}

fn opaque(body: &[u8]) -> bool {
    let digit = body.iter().any(u8::is_ascii_digit);
    let capital = body.iter().any(u8::is_ascii_uppercase);
    digit && (capital || body.iter().all(|b| alnum(*b)))
}

impl Class {
    fn has(self, byte: u8) -> bool {
        match self {
            Class::Upper => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Class::Hex => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
            Class::Alnum => alnum(byte),
            Class::Url | Class::Opaque => base64url(byte),
            Class::Dotted => base64url(byte) || byte == b'.',
            Class::Path => base64url(byte) || matches!(byte, b'/' | b'@'),
        }
    }
}

/// What the fourth byte of a JWT can be: the base64 of a small letter that begins the header's first name.
pub(crate) const AFTER_EYJ: &[u8] = b"hijklmnopqrstuvwxyz0123456IJKLMNOPQRSTUVWXYZ";
/// The shortest header of a JWT, in bytes: `{"alg":"x"}`.
const MIN_JWT_HEADER: usize = 15;
/// The shortest second part of a JWT, in bytes: `{"a":"b"}`.
const MIN_JWT_PAYLOAD: usize = 8;

/// A JSON web token (RFC 7519) that begins at `start`: three parts, of an encrypted one (RFC 7516) five. A signature may
/// be cut off or absent.
pub(crate) fn jwt(text: &[u8], start: usize) -> Option<(usize, usize)> {
    if &text[start..start + 3] != b"eyJ" || base64url(before(text, start)) {
        return None;
    }
    let header = run_end(text, start, base64url);
    if header - start < MIN_JWT_HEADER || at(text, header) != b'.' {
        return None;
    }
    let payload = run_end(text, header + 1, base64url);
    if payload - header <= MIN_JWT_PAYLOAD
        || !text[header + 1..payload].starts_with(b"eyJ") && at(text, payload) != b'.'
    {
        return None;
    }
    let mut end = payload;
    for _ in 0..3 {
        if at(text, end) != b'.' {
            break;
        }
        end = run_end(text, end + 1, base64url);
    }
    Some((start, end - usize::from(text[end - 1] == b'.')))
}

/// The middle of the client secrets of Microsoft Entra: three bytes and a digit before it, 31 to 34 bytes behind it.
pub(crate) fn entra(text: &[u8], middle: usize) -> Option<(usize, usize)> {
    let class = |b: u8| base64url(b) || matches!(b, b'.' | b'~');
    let start = middle.checked_sub(4)?;
    let end = short_run_end(text, middle + 2, 35, class);
    let fits = &text[middle..middle + 2] == b"Q~"
        && text[middle - 1].is_ascii_digit()
        && text[start..middle].iter().all(|b| class(*b))
        && !class(before(text, start));
    (fits && (31..=34).contains(&(end - middle - 2))).then_some((start, end))
}

/// A bot token of Telegram around its `:AA`: the bot's number before it, 33 bytes behind it.
pub(crate) fn telegram(text: &[u8], colon: usize) -> Option<(usize, usize)> {
    let start = short_run_start(text, colon, 11, |b| b.is_ascii_digit());
    let end = short_run_end(text, colon + 1, 36, base64url);
    let bot = before(text, start);
    let fits = (8..=10).contains(&(colon - start)) && end - colon - 1 == 35;
    // In addresses it stands as /bot<token>/.
    (fits && text[colon + 1..].starts_with(b"AA") && (!alnum(bot) || bot == b't'))
        .then_some((start, end))
}
