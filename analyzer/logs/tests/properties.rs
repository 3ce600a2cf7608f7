//! What holds for any log: generated from the pieces that logs are made of, and from noise.

#[path = "../fuzz/check.rs"]
mod check;
mod pieces;

use logloop_logs::{decode, lines, mask, template};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// The same inputs at each run: a failure is the change's, not the day's. `PROPTEST_CASES` asks for more of them.
const SEED: u64 = 4;

fn config() -> ProptestConfig {
    ProptestConfig {
        rng_seed: RngSeed::Fixed(SEED),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_log_of_any_lines_is_read_whole(log in pieces::log()) {
        check::log(log.as_bytes());
    }

    #[test]
    fn damage_anywhere_is_read(log in pieces::log(), noise in prop::collection::vec(any::<(prop::sample::Index, u8)>(), 0..8)) {
        let mut bytes = log.into_bytes();
        for (at, byte) in noise {
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
        }
        check::log(&bytes);
    }

    #[test]
    fn utf16_is_read_as_the_same_text(log in pieces::log()) {
        let units = log.encode_utf16();
        let little: Vec<u8> = [0xff, 0xfe].into_iter().chain(units.clone().flat_map(u16::to_le_bytes)).collect();
        let big: Vec<u8> = [0xfe, 0xff].into_iter().chain(units.flat_map(u16::to_be_bytes)).collect();
        let plain = decode(log.as_bytes());
        prop_assert_eq!(&decode(&little), &plain);
        prop_assert_eq!(&decode(&big), &plain);
    }

    #[test]
    fn lines_do_not_depend_on_how_they_end(parts in prop::collection::vec("[^\r\n]{0,20}", 0..20)) {
        for end in ["\n", "\r\n", "\r"] {
            let text: String = parts.iter().flat_map(|part| [part.as_str(), end]).collect();
            let got: Vec<_> = lines(&text).map(|line| line.text).collect();
            prop_assert_eq!(&got, &parts);
        }
    }

    #[test]
    fn a_message_is_masked_the_same_way_each_time(message in pieces::message()) {
        check::message(&message);
    }

    // Masking is for messages, not for templates: `<*>/g`, which is left of `a1/g`, would read as a path.
    #[test]
    fn wider_spaces_are_the_same(message in pieces::message()) {
        let wide = format!(" {}\t", message.replace(' ', "  "));
        prop_assert_eq!(mask(&wide), mask(&message));
    }

    #[test]
    fn any_text_is_masked(text in any::<String>()) {
        check::message(&text);
    }

    #[test]
    fn same_words_other_numbers_same_template(words in prop::collection::vec(pieces::word(), 1..8), a in pieces::number(), b in pieces::number()) {
        let said = |number: &str| format!("{} {number} {}", words[0], words[1..].join(" "));
        let (a, b) = (template(&said(&a)), template(&said(&b)));
        prop_assert_eq!(a.key(), b.key());
        prop_assert_eq!(a, b);
    }

    #[test]
    fn keys_are_equal_when_templates_are(a in pieces::message(), b in pieces::message()) {
        let (a, b) = (template(&a), template(&b));
        prop_assert_eq!(a.key() == b.key(), a.text == b.text);
        prop_assert_eq!(a.id == b.id, a.text == b.text);
    }
}
