use super::*;

fn first(bytes: &[u8]) -> Option<(u8, &[u8])> {
    Values::new(bytes).next()
}

#[test]
fn reads_values_in_a_row() {
    let mut values = Values::new(&[0x02, 1, 7, 0x05, 0, 0x30, 3, 0x02, 1, 9]);
    assert_eq!(values.natural(), Some(&[7][..]));
    assert_eq!(values.tagged(NULL), Some(&[][..]));
    assert!(!values.is_empty());
    let mut inner = values.only_sequence().unwrap();
    assert_eq!(inner.natural(), Some(&[9][..]));
    assert!(inner.is_empty());
    assert_eq!(inner.next(), None);
}

#[test]
fn reads_long_lengths() {
    for (length, header) in [
        (127, &[0x04, 127][..]),
        (128, &[0x04, 0x81, 128]),
        (255, &[0x04, 0x81, 255]),
        (256, &[0x04, 0x82, 1, 0]),
        (70_000, &[0x04, 0x83, 1, 0x11, 0x70]),
    ] {
        let bytes = [header, &vec![9; length]].concat();
        assert_eq!(first(&bytes), Some((OCTET_STRING, &bytes[header.len()..])), "{length}");
        assert_eq!(first(&bytes[..bytes.len() - 1]), None, "{length}");
    }
}

#[test]
fn refuses_what_is_not_der() {
    for (bytes, fault) in [
        (&[][..], "nothing"),
        (&[0x04], "no length"),
        (&[0x04, 2, 0], "cut short"),
        (&[0x1f, 1, 0], "a tag of several bytes"),
        (&[0x04, 0x80, 0, 0], "an indefinite length"),
        (&[0x04, 0x81, 1, 0], "a length not in its shortest form"),
        (&[0x04, 0x82, 0, 1, 0], "a length with a zero in front"),
        (&[0x04, 0x82, 1], "a length cut short"),
        (&[0x04, 0x84, 0, 0, 0, 1, 0], "a length of four bytes"),
        (&[0x04, 0xff, 0, 0], "a length of 127 bytes"),
    ] {
        assert_eq!(first(bytes), None, "{fault}");
    }
}

#[test]
fn naturals_have_one_spelling() {
    for (bytes, natural) in [
        (&[0x02, 1, 0][..], Some(&[0][..])),
        (&[0x02, 1, 0x7f], Some(&[0x7f])),
        (&[0x02, 2, 0, 0x80], Some(&[0x80])),
        (&[0x02, 2, 1, 0], Some(&[1, 0])),
        (&[0x02, 0], None),
        (&[0x02, 1, 0x80], None),
        (&[0x02, 2, 0xff, 0xff], None),
        (&[0x02, 2, 0, 0x7f], None),
        (&[0x02, 2, 0, 0], None),
        (&[0x04, 1, 1], None),
    ] {
        assert_eq!(Values::new(bytes).natural(), natural, "{bytes:02x?}");
    }
}

#[test]
fn writes_naturals_in_their_one_spelling() {
    for (number, written) in [
        (&[][..], &[0x02, 1, 0][..]),
        (&[0, 0], &[0x02, 1, 0]),
        (&[0, 7], &[0x02, 1, 7]),
        (&[0x7f, 0], &[0x02, 2, 0x7f, 0]),
        (&[0, 0x80], &[0x02, 2, 0, 0x80]),
        (&[0xff; 48], &[&[0x02, 49, 0], &[0xff; 48][..]].concat()),
    ] {
        let mut out = vec![SEQUENCE];
        write_natural(&mut out, number);
        assert_eq!(out[1..], *written, "{number:02x?}");
        assert!(Values::new(&out[1..]).natural().is_some(), "{number:02x?}");
    }
}

#[test]
fn nothing_stands_behind_an_only_sequence() {
    assert!(Values::new(&[0x30, 0]).only_sequence().is_some());
    assert!(Values::new(&[0x30, 0, 0x05, 0]).only_sequence().is_none());
    assert!(Values::new(&[0x31, 0]).only_sequence().is_none());
}
