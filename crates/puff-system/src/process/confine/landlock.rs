//! Confinement by Landlock, of any version that the kernel has.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

use landlock::{
    ABI, AccessFs, AccessNet, CompatLevel, Compatible, LandlockStatus, RestrictionStatus, Ruleset, RulesetAttr,
    RulesetCreated, RulesetCreatedAttr, RulesetError, path_beneath_rules,
};

use super::{Confinement, Mechanism, Unsupported};

/// The version without which nothing is confined: Linux 5.13.
const LEAST: ABI = ABI::V1;
/// The version whose rights are handled where the kernel has them: moving between folders (from 2), truncating (from 3). Later
/// ones have rights that are no writing: calls of devices, sockets that have a name.
const MOST: ABI = ABI::V3;

/// Finds out whether a thread can be confined.
pub(super) fn find() -> Result<Mechanism, Unsupported> {
    let confined = || ruleset(&Confinement::new([]))?.restrict_self();
    let status = std::thread::Builder::new().spawn(confined).ok().and_then(|thread| thread.join().ok());
    match status {
        Some(Ok(RestrictionStatus { landlock: LandlockStatus::Available { effective_abi, kernel_abi }, .. })) => {
            Ok(Mechanism::Landlock { abi: kernel_abi.unwrap_or(effective_abi as i32) })
        }
        Some(Ok(RestrictionStatus { landlock: LandlockStatus::NotEnabled, .. })) => {
            Err(Unsupported("Landlock is not enabled in this kernel"))
        }
        _ => Err(Unsupported("this kernel has no Landlock, or it is forbidden here")),
    }
}

/// Confines what a call starts. The rules are made here; the child only applies them.
pub(super) fn confine(command: &mut Command, confinement: &Confinement) {
    let mut ready = Some(ruleset(confinement).map_err(drop));
    // SAFETY: between fork and exec only `prctl`, `landlock_restrict_self` and `close` are called, which are
    // async-signal-safe; the rules are there already, and neither they nor an error of these calls is on the heap.
    #[allow(unsafe_code)]
    unsafe {
        command.pre_exec(move || match ready.take() {
            Some(Ok(rules)) => rules.restrict_self().map(drop).map_err(|_| refused()),
            // What cannot be confined is not started.
            Some(Err(())) | None => Err(refused()),
        });
    }
}

fn refused() -> io::Error {
    rustix::io::Errno::PERM.into()
}

fn ruleset(confinement: &Confinement) -> Result<RulesetCreated, RulesetError> {
    let (least, most) = (AccessFs::from_write(LEAST), AccessFs::from_write(MOST));
    let mut rules = Ruleset::default().set_compatibility(CompatLevel::HardRequirement).handle_access(least)?;
    if !confinement.has_network {
        rules = rules.handle_access(AccessNet::BindTcp | AccessNet::ConnectTcp)?;
    }
    let rules = rules.set_compatibility(CompatLevel::BestEffort).handle_access(most)?.create()?;
    rules.add_rules(path_beneath_rules(&confinement.writable, most))
}
