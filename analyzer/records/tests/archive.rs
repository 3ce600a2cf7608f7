//! Pages, single interactions and parts of logs.

use chrono::{DateTime, Utc};
use logloop_records::archive::{Archive, PageQuery, log_range};
use logloop_records::store::{Options, Store, segments};
use logloop_records::{DataDir, Interaction, Kind, blob};
use uuid::{NoContext, Timestamp, Uuid};

fn interaction(second: i64) -> Interaction {
    let time = DateTime::<Utc>::from_timestamp(1_800_000_000 + second, 0).unwrap();
    Interaction {
        timestamp: time,
        id: Uuid::new_v7(Timestamp::from_unix(NoContext, time.timestamp() as u64, 0)),
        user_query: format!("question {second}"),
        log_content: "one\ntwo\nthree\n".to_owned(),
        subject: Some(if second % 3 == 0 { "ann" } else { "bob" }.to_owned()),
        ..Interaction::default()
    }
}

/// Ten segments of two writers with overlapping times, and an active one each.
fn filled() -> (tempfile::TempDir, DataDir, Vec<Interaction>) {
    let dir = tempfile::tempdir().unwrap();
    let data = DataDir::new(dir.path());
    let open = |name| Store::open(&data, Kind::Interactions, name, Options::default()).unwrap();
    let stores = [open("a"), open("b")];
    let mut all = vec![];
    for second in 0..60 {
        let record = interaction(second);
        let store = &stores[usize::from(second % 2 == 0)];
        store.append(&record).unwrap();
        if second % 11 == 10 {
            store.seal();
        }
        all.push(record);
    }
    all.reverse();
    (dir, data, all)
}

fn pages(archive: &Archive, limit: usize, subject: Option<&str>) -> Vec<Interaction> {
    let mut query = PageQuery {
        limit,
        subject: subject.map(str::to_owned),
        ..PageQuery::default()
    };
    let mut all = vec![];
    loop {
        let page = archive.page(&query).unwrap();
        assert!(page.interactions.len() <= limit);
        all.extend(page.interactions);
        query.cursor = page.next;
        if query.cursor.is_none() {
            return all;
        }
    }
}

#[test]
fn pages_are_newest_first_and_whole() {
    let (_dir, data, all) = filled();
    let archive = Archive::new(&data);
    for limit in [1, 7, 60, 61, 200] {
        assert_eq!(pages(&archive, limit, None), all, "{limit}");
    }
    let of_ann: Vec<_> = all
        .iter()
        .filter(|record| record.subject.as_deref() == Some("ann"))
        .cloned()
        .collect();
    assert_eq!(pages(&archive, 7, Some("ann")), of_ann);
    assert_eq!(pages(&archive, 7, Some("nobody")), []);
    let odd = PageQuery {
        limit: 5,
        cursor: Some("x".to_owned()),
        ..PageQuery::default()
    };
    assert!(archive.page(&odd).is_err());
}

#[test]
fn what_is_stored_meanwhile_moves_no_page() {
    let (_dir, data, all) = filled();
    let archive = Archive::new(&data);
    let mut query = PageQuery {
        limit: 10,
        ..PageQuery::default()
    };
    let first = archive.page(&query).unwrap();
    let store = Store::open(&data, Kind::Interactions, "c", Options::default()).unwrap();
    store.append(&interaction(100)).unwrap();
    query.cursor = first.next;
    assert_eq!(archive.page(&query).unwrap().interactions, all[10..20]);
    query.cursor = None;
    let newest = &archive.page(&query).unwrap().interactions[0];
    assert_eq!(newest.user_query, "question 100");
}

#[test]
fn each_is_found_by_its_id_with_or_without_one_of_its_own() {
    let (_dir, data, all) = filled();
    let archive = Archive::new(&data);
    for record in &all {
        assert_eq!(archive.find(record.id).unwrap().as_ref(), Some(record));
    }
    assert_eq!(archive.find(Uuid::now_v7()).unwrap(), None);
    let mut without = interaction(70);
    without.id = Uuid::nil();
    let store = Store::open(&data, Kind::Interactions, "c", Options::default()).unwrap();
    store.append(&without).unwrap();
    let page = archive.page(&PageQuery {
        limit: 1,
        ..PageQuery::default()
    });
    let given = page.unwrap().interactions[0].clone();
    assert!(!given.id.is_nil());
    assert_eq!(archive.find(given.id).unwrap(), Some(given.clone()));
    store.seal();
    assert_eq!(archive.find(given.id).unwrap(), Some(given));
}

#[test]
fn a_part_of_a_log_wherever_it_lies() {
    let (_dir, data, all) = filled();
    let lines = |record: &Interaction, first, last| log_range(&data, record, first, last);
    let part = lines(&all[0], 2, 2).unwrap();
    assert_eq!((part.lines, part.more), (vec!["two".to_owned()], true));
    let mut large = interaction(80);
    large.log_content = (1..100_000).map(|n| format!("line {n}\n")).collect();
    blob::spill(&data, &mut large).unwrap();
    assert!(large.log_content.is_empty());
    let part = lines(&large, 90_000, 90_001).unwrap();
    assert_eq!(part.lines, ["line 90000", "line 90001"]);
    assert!(lines(&large, 0, 1).is_err() && lines(&large, 5, 4).is_err());
    assert!(lines(&large, 1, 1_000_000).is_err());
    let path = data.blobs().join(large.log_blob.clone().unwrap());
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    std::fs::write(&path, bytes).unwrap();
    assert!(blob::log(&data, &large).is_err(), "a flipped bit is told");
}

/// File systems give the number of a removed file to the next one: a rewritten segment can have the old one's.
#[test]
fn a_file_with_the_number_of_another_is_not_taken_for_it() {
    let dir = tempfile::tempdir().unwrap();
    let data = DataDir::new(dir.path());
    let store = Store::open(&data, Kind::Interactions, "a", Options::default()).unwrap();
    let all: Vec<_> = (0..6).map(interaction).collect();
    all.iter().for_each(|one| store.append(one).unwrap());
    store.seal();
    let archive = Archive::new(&data);
    assert_eq!(pages(&archive, 4, None).len(), 6);
    assert!(
        all.iter()
            .all(|one| archive.find(one.id).unwrap().is_some())
    );

    let segment = &segments(&data, Kind::Interactions).unwrap()[0].path.clone();
    let text = std::fs::read_to_string(segment).unwrap();
    let kept: String = text.split_inclusive('\n').skip(2).collect();
    std::fs::write(segment, kept).unwrap();
    let name = segment.to_str().unwrap();
    std::fs::remove_file(name.replace(".jsonl", ".meta.json")).unwrap();
    std::fs::rename(name, name.replace(".g0.", ".g1.")).unwrap();

    for (one, is_kept) in all.iter().zip([false, false, true, true, true, true]) {
        assert_eq!(
            archive.find(one.id).unwrap().is_some(),
            is_kept,
            "{}",
            one.user_query
        );
    }
    assert_eq!(pages(&archive, 4, None).len(), 4);
    assert_eq!(pages(&archive, 4, Some("bob")).len(), 3);
}
