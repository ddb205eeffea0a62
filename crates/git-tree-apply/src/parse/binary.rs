//! `GIT binary patch`: deflated bytes in base 85, as the new content or as a delta to the old one.

use std::io::Read;

use super::{BinaryChange, CUT, Lines, Malformed};

/// The digits of git's base 85.
const DIGITS: &[u8; 85] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";

/// Reads the forward part, and the backward part behind it, if there is one.
pub(super) fn read(lines: &mut Lines<'_>) -> Result<BinaryChange, Malformed> {
    let Some(forward) = read_part(lines)? else {
        let what = format!("'literal <bytes>' or 'delta <bytes>' was expected, not {}", lines.found());
        return Err(Malformed::new(lines.number, what));
    };
    // Not used, but what is broken there was cut or changed on its way.
    read_part(lines)?;
    Ok(forward)
}

fn read_part(lines: &mut Lines<'_>) -> Result<Option<BinaryChange>, Malformed> {
    let began = lines.number;
    let line = lines.peek();
    let (size, delta) = match (line.strip_prefix(b"delta "), line.strip_prefix(b"literal ")) {
        (Some(rest), _) => (size(rest), true),
        (_, Some(rest)) => (size(rest), false),
        (None, None) => return Ok(None),
    };
    lines.next();
    let mut deflated = Vec::new();
    loop {
        let number = lines.number;
        let line = lines.peek();
        // An empty line ends the data; git takes any other single byte at the end of the patch for one.
        if line.len() == 1 {
            lines.next();
            break;
        }
        let corrupt = || {
            let whole = line.ends_with(b"\n");
            let what = if whole { "the binary data is broken".to_owned() } else { format!("{CUT} within binary data") };
            Malformed::new(
                number,
                format!("{what}: a line of base 85, or an empty one at the end, was expected, not {}", lines.found()),
            )
        };
        decode_line(line, &mut deflated).ok_or_else(corrupt)?;
        lines.next();
    }
    let Some(room) = lines.room.checked_sub(size.saturating_sub(deflated.len())) else {
        let what = format!("the binary data unpacks to {size} bytes, which is more than a patch may unpack to");
        return Err(Malformed::new(began, what));
    };
    lines.room = room;
    let bytes = inflate(&deflated, size)
        .ok_or_else(|| Malformed::new(began, format!("the binary data does not unpack to {size} bytes")))?;
    Ok(Some(if delta { BinaryChange::Delta(bytes) } else { BinaryChange::Literal(bytes) }))
}

/// The size that the data is said to have: 0 without a number, the largest for one that is too large.
fn size(rest: &[u8]) -> usize {
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let number = std::str::from_utf8(&rest[..digits]).ok().and_then(|digits| digits.parse().ok());
    number.unwrap_or(if digits == 0 { 0 } else { usize::MAX })
}

/// A letter for the number of bytes (`A` is 1, `z` is 52), then five digits for every four of them.
fn decode_line(line: &[u8], to: &mut Vec<u8>) -> Option<()> {
    let line = line.strip_suffix(b"\n")?;
    if line.len() < 6 || !(line.len() - 1).is_multiple_of(5) {
        return None;
    }
    let bytes = match line[0] {
        letter @ b'A'..=b'Z' => usize::from(letter - b'A') + 1,
        letter @ b'a'..=b'z' => usize::from(letter - b'a') + 27,
        _ => return None,
    };
    let room = (line.len() - 1) / 5 * 4;
    if bytes > room || bytes + 4 <= room {
        return None;
    }
    let mut decoded = Vec::with_capacity(room);
    for group in line[1..].chunks_exact(5) {
        let mut value: u32 = 0;
        for digit in group {
            let digit = DIGITS.iter().position(|known| known == digit)? as u32;
            value = value.checked_mul(85)?.checked_add(digit)?;
        }
        decoded.extend(value.to_be_bytes());
    }
    to.extend(&decoded[..bytes]);
    Some(())
}

fn inflate(deflated: &[u8], size: usize) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut reader = flate2::read::ZlibDecoder::new(deflated).take((size as u64).saturating_add(1));
    reader.read_to_end(&mut bytes).ok()?;
    (bytes.len() == size).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_85_is_read_as_git_writes_it() {
        let mut bytes = Vec::new();
        assert!(decode_line(b"A00000\n", &mut bytes).is_some());
        assert_eq!(bytes, [0]);
        for bad in [&b"A0000\n"[..], b"E00000\n", b"A00000", b"?00000\n", b"A|||||\n", b"B\"0000\n"] {
            assert!(decode_line(bad, &mut Vec::new()).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn a_size_beyond_all_numbers_is_refused() {
        for size in ["18446744073709551615", "18446744073709551616", "1"] {
            let part = format!("literal {size}\nHcmV?d00001\n\n");
            assert!(read_part(&mut Lines::new(part.as_bytes(), 40)).is_err(), "{size}");
        }
    }
}
