//! Many objects as one pack: two files to wait for instead of one for each object.
//!
//! The form is git's own (see `git help format-pack`): nothing is a delta of anything, as in a loose object, and the next
//! `git gc` packs it better.

use std::io::{self, Write};
use std::path::Path;

use data_encoding::HEXLOWER;
use flate2::{Compress, Compression, Crc};
use git2::ObjectType;
use sha1::{Digest, Sha1};
use sha2::Sha256;

use super::loose::{self, deflate};
use crate::Oid;

/// Writes objects as a pack into the folder of objects. Their bytes and their names are on the disk afterwards.
pub(super) fn write(objects: &Path, made: &[(Oid, ObjectType, &[u8])]) -> io::Result<()> {
    let (pack, sum, entries) = packed(made)?;
    let index = index(entries, &sum);
    let name = HEXLOWER.encode(&sum);
    let folder = objects.join("pack");
    // Git removes what a kill leaves by these names.
    let mut files = [(loose::open(&folder, "tmp_pack_")?, "pack"), (loose::open(&folder, "tmp_idx_")?, "idx")];
    files[0].0.write_all(&pack)?;
    files[1].0.write_all(&index)?;
    loose::all_at_once(&files, |(file, _)| file.as_file().sync_all())?;
    // The index last: a pack is there when that is.
    for (file, kind) in files {
        file.persist(folder.join(format!("pack-{name}.{kind}"))).map_err(|failed| failed.error)?;
    }
    sync_folder(&folder)
}

/// What the index says of an object.
struct IndexEntry {
    id: Oid,
    sum: u32,
    at: u32,
}

fn packed(made: &[(Oid, ObjectType, &[u8])]) -> io::Result<(Vec<u8>, Vec<u8>, Vec<IndexEntry>)> {
    let number = |number: usize| u32::try_from(number).map_err(io::Error::other);
    let mut compress = Compress::new(Compression::fast(), true);
    let mut pack = b"PACK\0\0\0\x02".to_vec();
    pack.extend(number(made.len())?.to_be_bytes());
    let mut entries = Vec::new();
    for (id, kind, bytes) in made {
        let begin = pack.len();
        head(*kind, bytes.len(), &mut pack);
        deflate(&mut compress, &[bytes], &mut pack)?;
        let mut sum = Crc::new();
        sum.update(&pack[begin..]);
        entries.push(IndexEntry { id: *id, sum: sum.sum(), at: number(begin)? });
    }
    let name_length = entries.first().map_or(0, |place| place.id.as_bytes().len());
    let sum = seal(&mut pack, name_length);
    Ok((pack, sum, entries))
}

/// Its kind and its length: four bits of that in the first byte, seven in each that follows.
fn head(kind: ObjectType, length: usize, pack: &mut Vec<u8>) {
    let kind = match kind {
        ObjectType::Commit => 1,
        ObjectType::Tree => 2,
        ObjectType::Tag => 4,
        _ => 3,
    };
    let mut byte = kind << 4 | (length & 15) as u8;
    let mut rest = length >> 4;
    while rest > 0 {
        pack.push(byte | 0x80);
        byte = (rest & 0x7f) as u8;
        rest >>= 7;
    }
    pack.push(byte);
}

/// The index of a pack, by name: how many names begin with at most each byte, the names, sums and places.
fn index(mut entries: Vec<IndexEntry>, pack_sum: &[u8]) -> Vec<u8> {
    entries.sort_by(|one, other| one.id.as_bytes().cmp(other.id.as_bytes()));
    let mut index = b"\xfftOc\0\0\0\x02".to_vec();
    for first in 0..=u8::MAX {
        let count = entries.partition_point(|place| place.id.as_bytes()[0] <= first);
        index.extend((count as u32).to_be_bytes());
    }
    entries.iter().for_each(|place| index.extend(place.id.as_bytes()));
    entries.iter().for_each(|place| index.extend(place.sum.to_be_bytes()));
    entries.iter().for_each(|place| index.extend(place.at.to_be_bytes()));
    index.extend(pack_sum);
    seal(&mut index, pack_sum.len());
    index
}

/// Ends a file with its sum, which is made as the names of objects are, and answers that.
fn seal(file: &mut Vec<u8>, name_length: usize) -> Vec<u8> {
    let sum = match name_length {
        32 => Sha256::digest(&file[..]).to_vec(),
        _ => Sha1::digest(&file[..]).to_vec(),
    };
    file.extend(&sum);
    sum
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    std::fs::File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
