//! A hash that means the same on every machine.

use std::hash::Hasher;

use siphasher::sip::SipHasher13;

/// SipHash-1-3 with a zero key, fed with integers in one byte order and width.
#[derive(Clone, Debug, Default)]
pub struct PortableHasher(SipHasher13);

macro_rules! write_little_endian {
    ($($name:ident: $type:ty as $wide:ty, $write:ident;)*) => {
        $(#[inline]
        fn $name(&mut self, number: $type) {
            // The inner writers are a fast path for integers, and take them in the machine's byte order.
            self.0.$write((number as $wide).to_le());
        })*
    };
}

impl Hasher for PortableHasher {
    fn finish(&self) -> u64 {
        self.0.finish()
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
    }

    fn write_u128(&mut self, number: u128) {
        self.0.write(&number.to_le_bytes());
    }

    fn write_i128(&mut self, number: i128) {
        self.0.write(&number.to_le_bytes());
    }

    write_little_endian! {
        write_u8: u8 as u8, write_u8;
        write_u16: u16 as u16, write_u16;
        write_u32: u32 as u32, write_u32;
        write_u64: u64 as u64, write_u64;
        write_usize: usize as u64, write_u64;
        write_i8: i8 as u8, write_u8;
        write_i16: i16 as u16, write_u16;
        write_i32: i32 as u32, write_u32;
        write_i64: i64 as u64, write_u64;
        write_isize: isize as u64, write_u64;
    }
}

#[cfg(test)]
mod tests {
    use std::hash::Hash;

    use super::*;

    fn hash(fact: impl Hash) -> u64 {
        let mut hasher = PortableHasher::default();
        fact.hash(&mut hasher);
        hasher.finish()
    }

    #[test]
    fn a_machine_word_hashes_as_64_bits_do() {
        assert_eq!((hash(5_usize), hash(-5_isize)), (hash(5_u64), hash(-5_i64)));
        assert_ne!(hash(5_u32), hash(5_u64));
    }

    #[test]
    fn a_fact_has_the_same_hash_everywhere() {
        assert_eq!(hash((7_u64, Some("batch"), [1_i32, -1], vec![2_u8])), 7_887_811_019_672_772_929);
    }
}
