//! What `git diff-tree --stdin -z` says of several pairs of trees.

use crate::Oid;

/// The fields of a listing, each ended by a NUL.
pub(super) struct Listing<'s>(&'s [u8]);

impl<'s> Listing<'s> {
    /// The next field.
    pub fn field(&mut self) -> Option<&'s [u8]> {
        let end = self.0.iter().position(|byte| *byte == 0)?;
        let field = &self.0[..end];
        self.0 = &self.0[end + 1..];
        Some(field)
    }
}

/// Takes apart what git says of several pairs: the two names and a line end before the listing of each. `next` reads an
/// entry; no entry may begin with a name of an object, so that nothing in a listing is taken for the next head.
pub(super) fn split<T>(
    mut said: &[u8],
    pairs: &[(Oid, Oid)],
    next: impl Fn(&mut Listing<'_>) -> Option<T>,
) -> Option<Vec<Vec<T>>> {
    let mut heads = pairs.iter().map(|(old, new)| format!("{old} {new}\n").into_bytes()).peekable();
    let mut listings = Vec::new();
    while let Some(head) = heads.next() {
        said = said.strip_prefix(head.as_slice())?;
        let mut listing = Listing(said);
        let mut entries = Vec::new();
        while !heads.peek().is_some_and(|next| listing.0.starts_with(next)) {
            match next(&mut listing) {
                Some(entry) => entries.push(entry),
                None => break,
            }
        }
        said = listing.0;
        listings.push(entries);
    }
    said.is_empty().then_some(listings)
}
