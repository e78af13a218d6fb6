//! Ids from a seed, so that the same run has the same ids.

/// A stream of ids. Two streams from different seeds or calls do not meet in practice.
#[derive(Debug, Clone)]
pub struct Ids {
    state: u64,
}

impl Ids {
    /// The ids of one call: the script's seed and the call's number.
    #[must_use]
    pub fn new(seed: u64, call: u64) -> Self {
        let mut ids = Ids { state: seed };
        let mixed = ids
            .next()
            .wrapping_add(call.wrapping_mul(0xd6e8_feb8_6659_fd93));
        Ids { state: mixed }
    }

    /// splitmix64: small, well mixed, and the same everywhere.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `limit` (which is not 0).
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }

    /// A version 4 UUID in lower case.
    pub fn uuid(&mut self) -> String {
        let (high, low) = (self.next(), self.next());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            high >> 16 & 0xffff,
            high & 0xfff,
            0x8000 | (low >> 48 & 0x3fff),
            low & 0xffff_ffff_ffff
        )
    }

    /// `n` characters of the alphabet that the Messages API uses for its ids, after a prefix.
    pub fn tagged(&mut self, prefix: &str, n: usize) -> String {
        const ALPHABET: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
        let mut id = String::from(prefix);
        for _ in 0..n {
            let at = usize::try_from(self.next() % ALPHABET.len() as u64).unwrap_or(0);
            id.push(char::from(ALPHABET[at]));
        }
        id
    }

    /// `n` small letters and digits.
    pub(crate) fn word(&mut self, n: usize) -> String {
        (0..n)
            .map(|_| char::from_digit((self.next() % 36) as u32, 36).unwrap_or('0'))
            .collect()
    }

    /// `n` hexadecimal digits.
    pub fn hex(&mut self, n: usize) -> String {
        (0..n)
            .map(|_| char::from_digit((self.next() % 16) as u32, 16).unwrap_or('0'))
            .collect()
    }
}

/// Whether a text is a UUID as the CLI checks it (any version, upper case too).
#[must_use]
pub fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_and_call_give_the_same_ids_and_others_do_not() {
        let first = |seed, call| Ids::new(seed, call).uuid();
        assert_eq!(first(1, 1), first(1, 1));
        let mut seen = crate::order::SortedSet::new();
        for seed in 0..20 {
            for call in 0..20 {
                assert!(seen.insert(first(seed, call)), "seed {seed}, call {call}");
            }
        }
    }

    #[test]
    fn a_uuid_looks_like_version_4() {
        let mut ids = Ids::new(7, 7);
        for _ in 0..100 {
            let id = ids.uuid();
            assert!(is_uuid(&id), "{id}");
            assert_eq!(id.as_bytes()[14], b'4', "{id}");
            assert!(
                matches!(id.as_bytes()[19], b'8' | b'9' | b'a' | b'b'),
                "{id}"
            );
        }
        assert_eq!(ids.tagged("msg_01", 22).len(), 28);
    }
}
