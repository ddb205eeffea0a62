//! The caches of build tools that confined programs may write.
//!
//! Not whole homes of tools: those hold programs (`~/.cargo/bin`), scripts that run with every build (`~/.gradle/init.d`), and
//! logins.

use crate::user_place::UserPlace;

/// The folder for caches by the XDG Base Directory Specification.
const XDG: &str = "XDG_CACHE_HOME";

/// As each tool documents them, with the usual places on Linux and macOS.
pub(super) const CACHES: &[UserPlace] = &[
    // cargo: the index, packages, and the locks beside them.
    UserPlace::by("CARGO_HOME", "registry", Some(".cargo/registry")),
    UserPlace::by("CARGO_HOME", "git", Some(".cargo/git")),
    UserPlace::by("CARGO_HOME", ".package-cache", Some(".cargo/.package-cache")),
    UserPlace::by("CARGO_HOME", ".package-cache-mutate", Some(".cargo/.package-cache-mutate")),
    UserPlace::by("CARGO_HOME", ".global-cache", Some(".cargo/.global-cache")),
    // npm: not `_npx`, which holds programs.
    UserPlace::by("npm_config_cache", "_cacache", Some(".npm/_cacache")),
    UserPlace::by("npm_config_cache", "_logs", Some(".npm/_logs")),
    // pnpm
    UserPlace::by("PNPM_HOME", "store", None),
    UserPlace::by("XDG_DATA_HOME", "pnpm/store", Some(".local/share/pnpm/store")),
    UserPlace::at_home("Library/pnpm/store"),
    UserPlace::by(XDG, "pnpm", Some(".cache/pnpm")),
    UserPlace::at_home("Library/Caches/pnpm"),
    // yarn, of both generations
    UserPlace::by("YARN_CACHE_FOLDER", "", None),
    UserPlace::by(XDG, "yarn", Some(".cache/yarn")),
    UserPlace::at_home("Library/Caches/Yarn"),
    UserPlace::by("YARN_GLOBAL_FOLDER", "cache", Some(".yarn/berry/cache")),
    // pip
    UserPlace::by("PIP_CACHE_DIR", "", None),
    UserPlace::by(XDG, "pip", Some(".cache/pip")),
    UserPlace::at_home("Library/Caches/pip"),
    // go: results of builds and tests, and modules.
    UserPlace::by("GOCACHE", "", None),
    UserPlace::by(XDG, "go-build", Some(".cache/go-build")),
    UserPlace::at_home("Library/Caches/go-build"),
    UserPlace::by("GOMODCACHE", "", None),
    UserPlace::by("GOPATH", "pkg/mod", Some("go/pkg/mod")),
    // gradle: not `init.d`.
    UserPlace::by("GRADLE_USER_HOME", "caches", Some(".gradle/caches")),
    UserPlace::by("GRADLE_USER_HOME", "daemon", Some(".gradle/daemon")),
    UserPlace::by("GRADLE_USER_HOME", "native", Some(".gradle/native")),
    UserPlace::by("GRADLE_USER_HOME", "notifications", Some(".gradle/notifications")),
    UserPlace::by("GRADLE_USER_HOME", "workers", Some(".gradle/workers")),
    UserPlace::by("GRADLE_USER_HOME", "wrapper", Some(".gradle/wrapper")),
    UserPlace::by("GRADLE_USER_HOME", ".tmp", Some(".gradle/.tmp")),
    // maven
    UserPlace::at_home(".m2/repository"),
    // ccache, with its older place.
    UserPlace::by("CCACHE_DIR", "", Some(".ccache")),
    UserPlace::by(XDG, "ccache", Some(".cache/ccache")),
    UserPlace::at_home("Library/Caches/ccache"),
];
