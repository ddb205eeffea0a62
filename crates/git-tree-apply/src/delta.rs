//! Git's deltas: instructions that make one text of another (`git help gitformat-pack`, "Deltified representation").

/// The size of what a delta makes, as it says; none when it does not, or is not for these bytes.
pub fn new_size(old: &[u8], delta: &[u8]) -> Option<usize> {
    let mut rest = delta;
    if size(&mut rest)? != old.len() { None } else { size(&mut rest) }
}

/// Makes the new bytes of the old ones; none when the delta is broken or not for these. It takes as much memory as
/// [`new_size`] says: one byte of a delta may stand for 64 KiB.
pub fn apply(old: &[u8], delta: &[u8]) -> Option<Vec<u8>> {
    let mut rest = delta;
    if size(&mut rest)? != old.len() {
        return None;
    }
    let new_size = size(&mut rest)?;
    let mut new = Vec::new();
    while let Some(op) = byte(&mut rest) {
        let piece = match op {
            0 => return None,
            // Copy from the old bytes: the bits say which bytes of offset and length follow.
            op if op & 0x80 != 0 => {
                let offset = number(&mut rest, op & 0x0f)?;
                let length = match number(&mut rest, op >> 4 & 0x07)? {
                    0 => 0x10000,
                    length => length,
                };
                old.get(offset..offset.checked_add(length)?)?
            }
            // Insert so many bytes that follow.
            length => {
                let (piece, after) = rest.split_at_checked(usize::from(length))?;
                rest = after;
                piece
            }
        };
        if new.len() + piece.len() > new_size {
            return None;
        }
        new.extend_from_slice(piece);
    }
    (new.len() == new_size).then_some(new)
}

/// How many bytes a delta makes, by its own word; none when it does not say.
pub fn size_made(delta: &[u8]) -> Option<usize> {
    let mut rest = delta;
    size(&mut rest)?;
    size(&mut rest)
}

/// Returns the bytes that a delta brings itself, as far as it can be read.
pub fn inserted(delta: &[u8]) -> Vec<u8> {
    let (mut rest, mut new) = (delta, Vec::new());
    let sizes = size(&mut rest).and_then(|_| size(&mut rest));
    while let Some(op) = sizes.and_then(|_| byte(&mut rest)) {
        if op & 0x80 != 0 {
            let copied = number(&mut rest, op & 0x0f).and_then(|_| number(&mut rest, op >> 4 & 0x07));
            if copied.is_none() {
                break;
            }
        } else if let Some((piece, after)) = rest.split_at_checked(usize::from(op)) {
            new.extend_from_slice(piece);
            rest = after;
        } else {
            break;
        }
    }
    new
}

fn byte(rest: &mut &[u8]) -> Option<u8> {
    let (first, after) = rest.split_first()?;
    *rest = after;
    Some(*first)
}

/// Seven bits a byte, the lowest first; the high bit says that more follow.
fn size(rest: &mut &[u8]) -> Option<usize> {
    let (mut value, mut shift) = (0usize, 0);
    loop {
        let next = byte(rest)?;
        value |= usize::from(next & 0x7f).checked_shl(shift).filter(|_| shift < 57)?;
        shift += 7;
        if next & 0x80 == 0 {
            return Some(value);
        }
    }
}

/// The bytes that the bits ask for, the lowest first; the others are 0.
fn number(rest: &mut &[u8], bits: u8) -> Option<usize> {
    let mut value = 0;
    for place in (0..4).filter(|place| bits >> place & 1 == 1) {
        value |= usize::from(byte(rest)?) << (8 * place);
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::apply;

    #[test]
    fn a_delta_copies_and_inserts() {
        // From 5 bytes to 6: copy 2 from 1, insert "xy", copy 2 from 3.
        let delta = [5, 6, 0x91, 1, 2, 2, b'x', b'y', 0x91, 3, 2];
        assert_eq!(apply(b"abcde", &delta).unwrap(), b"bcxyde");
        for broken in
            [&delta[..7], &[4, 6][..], &[5, 6, 0][..], &[5, 6, 0x91, 4, 2][..], &[0xff; 12][..], &[5, 1, 2, 1, 1][..]]
        {
            assert!(apply(b"abcde", broken).is_none(), "{broken:?}");
        }
    }
}
