//! RSA moduli that anybody can factor: those with a small factor, and those of chips that made
//! primes of a recognisable form (ROCA, CVE-2017-15361).

use std::sync::LazyLock;

/// Factors below this are looked for.
const SMALL: u32 = 1 << 16;

/// The generator in the primes of faulty chips: p = k·M + (65537^a mod M), M a primorial
/// (Nemec et al., "The Return of Coppersmith's Attack", CCS 2017, section 2.1).
const GENERATOR: u32 = 65_537;

/// The fingerprint is taken modulo the primes up to this one, as the published detector does:
/// M of every affected key size is a multiple of their product.
const LARGEST_FINGERPRINT_PRIME: u32 = 167;

/// Whether a modulus (big-endian) is known to be weak.
pub(super) fn is_weak(modulus: &[u8]) -> bool {
    has_small_factor(modulus) || has_roca_fingerprint(modulus)
}

static PRIMES: LazyLock<Vec<u32>> = LazyLock::new(|| {
    let mut composite = vec![false; SMALL as usize];
    let mut primes = Vec::new();
    for candidate in 2..SMALL {
        if !composite[candidate as usize] {
            primes.push(candidate);
            for multiple in (candidate as usize * 2..SMALL as usize).step_by(candidate as usize) {
                composite[multiple] = true;
            }
        }
    }
    primes
});

/// Runs of small primes whose product fits 32 bits, with that product: one long division serves
/// the whole run.
static RUNS: LazyLock<Vec<(u32, Vec<u32>)>> = LazyLock::new(|| {
    let mut runs: Vec<(u32, Vec<u32>)> = Vec::new();
    for &prime in &*PRIMES {
        match runs.last_mut() {
            Some((product, run)) if product.checked_mul(prime).is_some() => {
                *product *= prime;
                run.push(prime);
            }
            _ => runs.push((prime, vec![prime])),
        }
    }
    runs
});

fn has_small_factor(modulus: &[u8]) -> bool {
    let limbs = limbs(modulus);
    RUNS.iter().any(|(product, run)| {
        let remainder = remainder(&limbs, *product);
        run.iter().any(|prime| remainder.is_multiple_of(*prime))
    })
}

/// Whether the modulus is a power of 65537 modulo the product of the fingerprint primes.
///
/// The discrete logarithm is taken modulo each prime, where it is a small search; it exists for
/// the product if and only if these logarithms agree with one another, each known modulo the
/// order of 65537 for its prime (Chinese remainder theorem).
fn has_roca_fingerprint(modulus: &[u8]) -> bool {
    let limbs = limbs(modulus);
    let mut logarithms: Vec<(u32, u32)> = Vec::new();
    for &prime in PRIMES
        .iter()
        .take_while(|prime| **prime <= LARGEST_FINGERPRINT_PRIME)
    {
        let Some(found) = discrete_logarithm(remainder(&limbs, prime), prime) else {
            return false;
        };
        logarithms.push(found);
    }
    logarithms.iter().enumerate().all(|(i, (a, order_a))| {
        logarithms[..i].iter().all(|(b, order_b)| {
            let common = gcd(*order_a, *order_b);
            a % common == b % common
        })
    })
}

/// The exponent x with 65537^x = value (mod prime), and the order of 65537, which it is modulo.
fn discrete_logarithm(value: u32, prime: u32) -> Option<(u32, u32)> {
    let (mut power, mut exponent, mut found) = (1 % prime, 0, None);
    loop {
        if power == value && found.is_none() {
            found = Some(exponent);
        }
        power = power * (GENERATOR % prime) % prime;
        exponent += 1;
        if power == 1 % prime {
            return found.map(|logarithm| (logarithm, exponent));
        }
    }
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// A big-endian number in limbs of 32 bits, most significant first.
fn limbs(number: &[u8]) -> Vec<u32> {
    number
        .rchunks(4)
        .rev()
        .map(|chunk| {
            chunk
                .iter()
                .fold(0, |limb, byte| limb << 8 | u32::from(*byte))
        })
        .collect()
}

fn remainder(limbs: &[u32], divisor: u32) -> u32 {
    let divisor = u64::from(divisor);
    // Always below the divisor, which has 32 bits.
    limbs
        .iter()
        .fold(0, |rest, limb| (rest << 32 | u64::from(*limb)) % divisor) as u32
}

#[cfg(test)]
mod tests {
    use p256::elliptic_curve::bigint::{BoxedUint, NonZero};

    use super::*;

    /// 65537^exponent mod (product of the fingerprint primes), plus a multiple of that product
    /// that makes a number of 2048 bits.
    fn of_roca_form(exponent: u32) -> Vec<u8> {
        let bits = 2048;
        let primorial = PRIMES
            .iter()
            .take_while(|prime| **prime <= LARGEST_FINGERPRINT_PRIME)
            .fold(BoxedUint::one_with_precision(bits), |product, prime| {
                product.wrapping_mul(BoxedUint::from(*prime))
            });
        let modulus = NonZero::new(primorial.clone()).unwrap();
        let mut power = BoxedUint::one_with_precision(bits);
        for _ in 0..exponent {
            power = power.wrapping_mul(BoxedUint::from(GENERATOR)).rem(&modulus);
        }
        let high = BoxedUint::one_with_precision(bits)
            .shl(bits - 1)
            .wrapping_div(&modulus);
        let high = high.wrapping_add(BoxedUint::from(0x1234_5678u32));
        high.wrapping_mul(&primorial)
            .wrapping_add(&power)
            .to_be_bytes()
            .into_vec()
    }

    fn plus(number: &[u8], summand: u8) -> Vec<u8> {
        let mut sum = number.to_vec();
        let last = sum.last_mut().unwrap();
        *last = last.wrapping_add(summand);
        sum
    }

    #[test]
    fn a_modulus_of_the_faulty_form_is_recognised() {
        for exponent in [0, 1, 2, 17, 1_000, 12_345] {
            let modulus = of_roca_form(exponent);
            assert_eq!(modulus.len(), 256);
            assert!(has_roca_fingerprint(&modulus), "{exponent}");
            assert!(!has_roca_fingerprint(&plus(&modulus, 2)), "{exponent}");
        }
    }

    #[test]
    fn powers_modulo_every_prime_that_do_not_agree_are_not_the_faulty_form() {
        let primes: Vec<u32> = PRIMES
            .iter()
            .copied()
            .take_while(|prime| *prime <= LARGEST_FINGERPRINT_PRIME)
            .collect();
        let bits = 2048;
        let one = BoxedUint::one_with_precision(bits);
        let others = primes
            .iter()
            .filter(|prime| **prime != 53)
            .fold(one.clone(), |product, prime| {
                product.wrapping_mul(BoxedUint::from(*prime))
            });
        // 1 modulo every prime but 53, and 65537 modulo 53.
        let number = (0..53u32)
            .map(|k| others.wrapping_mul(BoxedUint::from(k)).wrapping_add(&one))
            .find(|n| remainder(&limbs(&n.to_be_bytes()), 53) == GENERATOR % 53)
            .unwrap();
        let bytes = number.to_be_bytes();
        assert!(
            primes
                .iter()
                .all(|p| discrete_logarithm(remainder(&limbs(&bytes), *p), *p).is_some())
        );
        assert!(!has_roca_fingerprint(&bytes));
    }

    #[test]
    fn small_factors_are_found() {
        let mut product = BoxedUint::one_with_precision(2048).shl(2000);
        product = product.wrapping_add(BoxedUint::from(1u32));
        for factor in [3u32, 251, 65_521] {
            let modulus = product.wrapping_mul(BoxedUint::from(factor));
            assert!(has_small_factor(&modulus.to_be_bytes()), "{factor}");
        }
    }

    #[test]
    fn arithmetic_agrees_with_a_big_number_library() {
        let number: Vec<u8> = (0..=255).collect();
        let big = BoxedUint::from_be_slice(&number, 2048).unwrap();
        for &prime in PRIMES.iter().step_by(97) {
            let modulus = NonZero::new(BoxedUint::from(prime)).unwrap();
            let expected = big.rem_vartime(&modulus).to_be_bytes();
            let expected = expected.iter().fold(0u64, |v, b| v << 8 | u64::from(*b));
            assert_eq!(
                u64::from(remainder(&limbs(&number), prime)),
                expected,
                "{prime}"
            );
        }
        assert_eq!(PRIMES.len(), 6_542);
    }
}
