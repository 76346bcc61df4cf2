//! The key of this installation: one for each marketplace, in a file that only its owner can read.

use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use fapilog_market_api::receipt::signed_bytes;
use fapilog_market_api::{KeyEnd, Receipt, Signed, Statement};
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::client::{Address, ClientFailure};

/// Most bytes of a key's file; ours have some 300.
const FILE_BYTES: u64 = 4096;

/// What is in the file. The seed is the secret.
#[derive(Clone, Serialize, Deserialize)]
struct Stored {
    market: String,
    account: String,
    id: String,
    seed: String,
}

/// A key that a marketplace knows. `Debug` doesn't show its secret.
pub struct InstallationKey {
    stored: Stored,
    pair: Ed25519KeyPair,
    path: PathBuf,
}

impl fmt::Debug for InstallationKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "InstallationKey({} ****)", self.stored.id)
    }
}

/// A key that no marketplace knows yet.
pub struct NewKey {
    seed: [u8; 32],
    pair: Ed25519KeyPair,
}

impl NewKey {
    /// A random key.
    pub fn generate() -> Result<Self, ClientFailure> {
        let failed = |reason: &str| unusable(Path::new("receipts"), reason.to_owned());
        let mut seed = [0; 32];
        fill(&mut seed).map_err(failed)?;
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed);
        let pair = pair.map_err(|_| failed("no key can be made"))?;
        Ok(Self { seed, pair })
    }

    /// The public half in hexadecimal.
    pub fn public(&self) -> String {
        hex::encode(self.pair.public_key())
    }

    /// The key under the id that the marketplace gave it; not written down yet.
    pub fn named(
        self,
        market: &Address,
        id: &str,
        account: &str,
    ) -> Result<InstallationKey, ClientFailure> {
        let path = place_of(market).ok_or_else(no_folder)?;
        let stored = Stored {
            market: market.to_string(),
            account: account.to_owned(),
            id: id.to_owned(),
            seed: hex::encode(self.seed),
        };
        Ok(InstallationKey {
            stored,
            pair: self.pair,
            path,
        })
    }
}

impl InstallationKey {
    /// Writes the key down.
    pub fn keep(&self) -> Result<(), ClientFailure> {
        let written = write(&self.path, &self.stored);
        written.map_err(|error| unusable(&self.path, error.to_string()))
    }

    /// The key for a marketplace, if receipts are on for it.
    pub fn find(market: &Address) -> Result<Option<Self>, ClientFailure> {
        match place_of(market) {
            Some(path) => Self::read(path),
            None => Ok(None),
        }
    }

    /// The keys for all marketplaces, by address.
    pub fn all() -> Result<Vec<Self>, ClientFailure> {
        let Some(Ok(entries)) = folder(|name| std::env::var_os(name)).map(fs::read_dir) else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        for entry in entries.flatten() {
            let path = entry.path();
            if path.extension().is_some_and(|end| end == "json") {
                found.extend(Self::read(path)?);
            }
        }
        found.sort_by(|a, b| a.stored.market.cmp(&b.stored.market));
        Ok(found)
    }

    fn read(path: PathBuf) -> Result<Option<Self>, ClientFailure> {
        let failed = |reason: String| unusable(&path, reason);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error.to_string())),
        };
        if is_exposed(&file).map_err(|error| failed(error.to_string()))? {
            return Err(failed("others can read or change it".to_owned()));
        }
        let mut text = Vec::new();
        let read = file.take(FILE_BYTES).read_to_end(&mut text);
        read.map_err(|error| failed(error.to_string()))?;
        // What is in it is not shown: it may be half of a secret.
        let broken = || failed("it holds no key".to_owned());
        let stored: Stored = serde_json::from_slice(&text).map_err(|_| broken())?;
        let seed = hex::decode(&stored.seed).map_err(|_| broken())?;
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| broken())?;
        Ok(Some(Self { stored, pair, path }))
    }

    /// The marketplace that knows it, without credentials.
    pub fn market(&self) -> &str {
        &self.stored.market
    }

    /// The account that it signs for.
    pub fn account(&self) -> &str {
        &self.stored.account
    }

    /// Its id at the marketplace.
    pub fn id(&self) -> &str {
        &self.stored.id
    }

    /// The public half in hexadecimal.
    pub fn public(&self) -> String {
        hex::encode(self.pair.public_key())
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Signs that a file was installed. The receipt's key, nonce and time are set here.
    pub fn receipt(&self, mut receipt: Receipt) -> Result<Signed, ClientFailure> {
        receipt.key.clone_from(&self.stored.id);
        receipt.nonce = self.nonce()?;
        receipt.at_s = jiff::Timestamp::now().as_second();
        self.sign(&receipt)
    }

    /// Signs that this key signs nothing more.
    pub fn end(&self, forget: bool) -> Result<Signed, ClientFailure> {
        self.sign(&KeyEnd {
            key: self.stored.id.clone(),
            nonce: self.nonce()?,
            at_s: jiff::Timestamp::now().as_second(),
            forget,
        })
    }

    fn nonce(&self) -> Result<String, ClientFailure> {
        let mut bytes = [0; 16];
        fill(&mut bytes).map_err(|reason| unusable(&self.path, reason.to_owned()))?;
        Ok(hex::encode(bytes))
    }

    fn sign<S: Statement>(&self, statement: &S) -> Result<Signed, ClientFailure> {
        let text = serde_json::to_string(statement);
        let text = text.map_err(|error| unusable(&self.path, error.to_string()))?;
        let signature = self.pair.sign(&signed_bytes::<S>(&text));
        Ok(Signed {
            statement: text,
            signature: hex::encode(signature),
        })
    }

    /// Removes the file.
    pub fn remove(&self) -> Result<(), ClientFailure> {
        fs::remove_file(&self.path).map_err(|error| unusable(&self.path, error.to_string()))
    }
}

/// The user's folder for keys.
fn folder(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let set = |name: &str| {
        let path = variable(name).map(PathBuf::from);
        path.filter(|path| path.is_absolute())
    };
    let base = if cfg!(windows) {
        set("APPDATA")
    } else {
        set("XDG_CONFIG_HOME").or_else(|| set("HOME").map(|home| home.join(".config")))
    };
    base.map(|base| base.join("fapilog").join("receipts"))
}

fn place_of(market: &Address) -> Option<PathBuf> {
    // Named by the address as it is shown: without credentials.
    let digest = hex::encode(Sha256::digest(market.to_string()));
    let folder = folder(|name| std::env::var_os(name))?;
    Some(folder.join(format!("{}.json", digest.get(..32)?)))
}

/// Written whole or not at all, readable for its owner only.
fn write(path: &Path, stored: &Stored) -> io::Result<()> {
    let folder = path.parent().unwrap_or(path);
    let mut make = fs::DirBuilder::new();
    make.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut make, 0o700);
    make.create(folder)?;
    // 0600 from its first moment: that is how temporary files are made.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    serde_json::to_writer(&mut file, stored)?;
    file.flush()?;
    file.persist(path)?;
    Ok(())
}

#[cfg(unix)]
fn is_exposed(file: &File) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(file.metadata()?.permissions().mode() & 0o077 != 0)
}

/// A profile's folder is its owner's alone.
#[cfg(not(unix))]
fn is_exposed(_: &File) -> io::Result<bool> {
    Ok(false)
}

fn fill(bytes: &mut [u8]) -> Result<(), &'static str> {
    let filled = SystemRandom::new().fill(bytes);
    filled.map_err(|_| "the system has no randomness")
}

fn unusable(path: &Path, reason: String) -> ClientFailure {
    ClientFailure::ReceiptKey {
        path: path.to_owned(),
        reason,
    }
}

fn no_folder() -> ClientFailure {
    let reason = "neither XDG_CONFIG_HOME nor HOME (APPDATA on Windows) names a folder";
    unusable(Path::new("fapilog/receipts"), reason.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(path: PathBuf) -> InstallationKey {
        let new = NewKey::generate().unwrap();
        let stored = Stored {
            market: "https://m.example".to_owned(),
            account: "ada".to_owned(),
            id: "ab".repeat(8),
            seed: hex::encode(new.seed),
        };
        write(&path, &stored).unwrap();
        let pair = new.pair;
        InstallationKey { stored, pair, path }
    }

    #[test]
    fn what_is_kept_signs_the_same_and_never_shows_its_secret() {
        let folder = tempfile::tempdir().unwrap();
        let made = key(folder.path().join("a/b/key.json"));
        let found = InstallationKey::read(made.path.clone()).unwrap().unwrap();
        assert_eq!(found.public(), made.public());
        assert!(!format!("{found:?}").contains(&found.stored.seed));
        let signed = found.end(true).unwrap();
        let public = ring::signature::UnparsedPublicKey::new(
            &ring::signature::ED25519,
            hex::decode(made.public()).unwrap(),
        );
        let signature = hex::decode(&signed.signature).unwrap();
        let right = signed_bytes::<KeyEnd>(&signed.statement);
        assert!(public.verify(&right, &signature).is_ok());
        // The same words as another kind of statement are signed by nobody.
        let wrong = signed_bytes::<Receipt>(&signed.statement);
        assert!(public.verify(&wrong, &signature).is_err());
        found.remove().unwrap();
        assert!(InstallationKey::read(made.path).unwrap().is_none());
    }

    #[cfg(unix)]
    #[test]
    fn a_key_is_for_its_owner_only_and_one_that_others_can_read_is_not_used() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let made = key(folder.path().join("keys/key.json"));
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&made.path), 0o600);
        assert_eq!(mode(made.path.parent().unwrap()), 0o700);
        fs::set_permissions(&made.path, fs::Permissions::from_mode(0o640)).unwrap();
        let failure = InstallationKey::read(made.path).unwrap_err();
        assert!(failure.to_string().contains("others can read"), "{failure}");
    }

    #[test]
    fn a_broken_file_is_no_key_and_is_not_repeated() {
        let folder = tempfile::tempdir().unwrap();
        let made = key(folder.path().join("key.json"));
        let seed = made.stored.seed.clone();
        let text = fs::read_to_string(&made.path).unwrap();
        fs::write(&made.path, text.replace(&seed, &seed[..60])).unwrap();
        let failure = InstallationKey::read(made.path).unwrap_err().to_string();
        assert!(
            failure.contains("no key") && !failure.contains(&seed[..60]),
            "{failure}"
        );
    }

    #[cfg(not(windows))]
    #[test]
    fn keys_lie_in_the_users_folder_for_configuration() {
        let folder_of = |pairs: &[(&str, &str)]| {
            let found = folder(|name| {
                let pair = pairs.iter().find(|(key, _)| *key == name);
                pair.map(|(_, value)| OsString::from(value))
            });
            found.map(|path| path.display().to_string())
        };
        let home = ("HOME", "/home/ada");
        assert_eq!(
            folder_of(&[home]).as_deref(),
            Some("/home/ada/.config/fapilog/receipts")
        );
        let own = ("XDG_CONFIG_HOME", "/c");
        assert_eq!(
            folder_of(&[home, own]).as_deref(),
            Some("/c/fapilog/receipts")
        );
        assert_eq!(folder_of(&[("HOME", "relative")]), None);
    }
}
