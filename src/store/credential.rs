//! PINs and passwords, hashed and checked with Argon2id.
//!
//! Both take some hundredth of a second and 19 MiB on purpose: they belong on a worker's thread, never
//! on the one that draws. A check against nothing, for a login that nobody has, does the same work as
//! one against a credential, and so does one against a credential that cannot be read.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use rand::TryRngCore as _;

use crate::model::person::Credential;
use crate::model::pin::normal;

/// How much work one hash is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Memory, KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Cost {
    /// 19 MiB, two passes, one lane: the least that the OWASP Password Storage Cheat Sheet recommends
    /// for Argon2id, of which RFC 9106 is the specification.
    pub const USUAL: Self = Self {
        memory_kib: 19 * 1024,
        passes: 2,
        lanes: 1,
    };

    /// As little as Argon2 allows: for tests that hash a lot, and nothing else.
    pub const LEAST_FOR_TESTS: Self = Self {
        memory_kib: 8,
        passes: 1,
        lanes: 1,
    };

    /// More than this in a kept credential is no credential of ours, but somebody's wish to use up the
    /// seat's memory.
    const MOST: Self = Self {
        memory_kib: 256 * 1024,
        passes: 16,
        lanes: 8,
    };
}

/// A PIN cannot be hashed, or not be checked.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// The system gives no random numbers.
    #[error("the system gives no random numbers")]
    NoRandomness(#[source] rand::rand_core::OsError),
    /// Argon2 cannot work so.
    #[error("Argon2 with this cost")]
    Cost(#[source] argon2::Error),
    /// Hashing failed, as for want of memory.
    #[error("the PIN cannot be hashed")]
    Hash(#[source] argon2::password_hash::Error),
    /// What is kept is no Argon2id PHC string, or a damaged one.
    #[error("the kept credential cannot be read; the person needs a new PIN")]
    Unreadable,
    /// What is kept asks for more work than [`Cost`] allows.
    #[error("the kept credential asks for too much work; the person needs a new PIN")]
    TooCostly,
}

/// Hashes a PIN with a salt of its own. Whether the PIN may be taken is
/// [`crate::model::pin::check`]'s to say.
///
/// # Errors
/// When there is no randomness or no memory.
pub fn hash(pin: &str, cost: Cost) -> Result<Credential, CredentialError> {
    let mut salt = [0; 16];
    rand::rngs::OsRng
        .try_fill_bytes(&mut salt)
        .map_err(CredentialError::NoRandomness)?;
    let hash: PasswordHash = argon2(cost)?
        .hash_password_with_salt(normal(pin).as_bytes(), &salt)
        .map_err(CredentialError::Hash)?;
    Ok(Credential::new(hash.to_string()))
}

/// Whether `pin` is the one of `credential`; without a credential it never is, after the work of
/// `cost` all the same.
///
/// # Errors
/// When the credential cannot be read or used, after the same work.
pub fn verify(
    pin: &str,
    credential: Option<&Credential>,
    cost: Cost,
) -> Result<bool, CredentialError> {
    let kept = match credential.map(readable) {
        Some(Ok(kept)) => kept,
        other => {
            // The result is nobody's; only the time counts.
            let nobody: PasswordHash = argon2(cost)?
                .hash_password_with_salt(normal(pin).as_bytes(), b"salt of nobody..")
                .map_err(CredentialError::Hash)?;
            std::hint::black_box(nobody);
            return match other {
                Some(Err(error)) => Err(error),
                _ => Ok(false),
            };
        }
    };
    match argon2(cost)?.verify_password(normal(pin).as_bytes(), &kept) {
        Ok(()) => Ok(true),
        Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
        Err(error) => Err(CredentialError::Hash(error)),
    }
}

/// A kept credential, when it is a whole one of Argon2id and asks for a sensible amount of work.
fn readable(credential: &Credential) -> Result<PasswordHash, CredentialError> {
    let unreadable = || CredentialError::Unreadable;
    let kept = PasswordHash::new(credential.reveal()).map_err(|_shape| unreadable())?;
    let whole = kept.algorithm == Algorithm::Argon2id.ident()
        && kept.salt.is_some()
        && kept.hash.is_some_and(|hash| hash.len() >= 16);
    if !whole {
        return Err(unreadable());
    }
    let params = Params::try_from(&kept).map_err(|_params| unreadable())?;
    let most = Cost::MOST;
    if params.m_cost() > most.memory_kib
        || params.t_cost() > most.passes
        || params.p_cost() > most.lanes
    {
        return Err(CredentialError::TooCostly);
    }
    Ok(kept)
}

fn argon2(cost: Cost) -> Result<Argon2<'static>, CredentialError> {
    let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(32))
        .map_err(CredentialError::Cost)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FAST: Cost = Cost::LEAST_FOR_TESTS;

    fn check(pin: &str, credential: &Credential) -> Result<bool, CredentialError> {
        verify(pin, Some(credential), FAST)
    }

    #[test]
    fn the_right_pin_is_right_and_no_other() {
        let kept = hash("тас бұлақ й", FAST).expect("hashed");
        assert!(check("тас бұлақ й", &kept).expect("read"));
        assert!(
            check("тас бұлақ и\u{306}", &kept).expect("read"),
            "the same й"
        );
        for wrong in ["", "тас бұлақ", "Тас бұлақ й", "тас бұлақ й "] {
            assert!(!check(wrong, &kept).expect("read"), "{wrong:?}");
        }
        let again = hash("тас бұлақ й", FAST).expect("hashed");
        assert_ne!(kept, again, "each has a salt of its own");
        assert!(!verify("580293", None, FAST).expect("worked"));
    }

    #[test]
    fn the_usual_cost_stands_in_what_is_kept() {
        let kept = hash("580293", Cost::USUAL).expect("hashed");
        let text = kept.reveal();
        assert!(
            text.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{text}"
        );
        // The cost of the credential counts, not that of the argument.
        assert!(check("580293", &kept).expect("read"));
    }

    /// From the reference implementation's test program (github.com/P-H-C/phc-winner-argon2, test.c:
    /// Argon2id, 2 passes, 64 MiB, "password", "somesalt").
    #[test]
    fn a_credential_of_the_reference_implementation_is_read() {
        let kept = Credential::new(
            "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        );
        assert!(check("password", &kept).expect("read"));
        assert!(!check("Password", &kept).expect("read"));
    }

    #[test]
    fn damaged_and_hostile_credentials_are_errors() {
        let kept = hash("580293", FAST).expect("hashed");
        let text = kept.reveal();
        for end in 0..text.len() {
            // A hash that lost its last bytes is either unreadable or shorter, and never right.
            let cut = check("580293", &Credential::new(&text[..end]));
            assert!(!matches!(cut, Ok(true)), "cut at {end}");
        }
        let salt_and_hash = "c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
        for params in [
            "m=4294967295,t=2,p=1",
            "m=19456,t=4294967295,p=1",
            "m=19456,t=1,p=16777215",
            "m=300000,t=1,p=1",
        ] {
            let hostile = Credential::new(format!("$argon2id$v=19${params}${salt_and_hash}"));
            let found = check("580293", &hostile);
            assert!(
                matches!(
                    found,
                    Err(CredentialError::TooCostly | CredentialError::Unreadable)
                ),
                "{params}: {found:?}"
            );
        }
        for other in [
            "",
            "580293",
            "$2b$12$abcdefghijklmnopqrstuv",
            "$argon2i$v=19$m=64,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
            "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ",
            "$argon2id$v=19$m=64,t=1,p=1",
            "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$AAAA",
        ] {
            let found = check("580293", &Credential::new(other));
            assert!(
                matches!(found, Err(CredentialError::Unreadable)),
                "{other}: {found:?}"
            );
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        #[test]
        fn no_text_makes_the_check_fall(text in "\\PC{0,120}", pin in "\\PC{0,40}") {
            prop_assert!(!matches!(check(&pin, &Credential::new(text)), Ok(true)));
        }
    }
}
