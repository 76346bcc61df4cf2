//! Takes away from this process everything that judging needs no more: files, network, programs.

use std::collections::BTreeMap;
use std::path::Path;

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, CompatLevel, Compatible as _, RestrictionStatus,
    Ruleset, RulesetAttr as _, RulesetCreatedAttr as _, RulesetError, RulesetStatus,
    path_beneath_rules,
};
use rustix::process::{
    Resource, Rlimit, Signal, getppid, set_parent_process_death_signal, setrlimit,
};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, apply_filter,
};

use crate::options::Limits;
use crate::report::Confinement;

/// Most open files: the three standard streams, and two that libraries may need for a moment.
const MAX_OPEN_FILES: u64 = 5;

/// Confines the calling thread and those that it starts; call it while there is no other.
pub(crate) fn confine(limits: &Limits) -> Confinement {
    Confinement {
        limits: limit(limits),
        landlock: forbid_files(),
        seccomp: forbid_calls().is_some(),
    }
}

/// Has this process be killed when `parent`, which started it, dies: nobody waits for its report then.
/// Gives nothing when that has happened already. The thread that started it must live as long.
pub(crate) fn end_with(parent: u32) -> Option<()> {
    set_parent_process_death_signal(Some(Signal::KILL)).ok()?;
    let now = getppid()?.as_raw_nonzero().get();
    (u32::try_from(now) == Ok(parent)).then_some(())
}

fn limit(limits: &Limits) -> bool {
    set_all(&[
        (Resource::As, limits.memory_bytes),
        (Resource::Cpu, limits.cpu_s),
        (Resource::Nofile, MAX_OPEN_FILES),
        (Resource::Fsize, 0),
        // A crash must not leave the contents of a package on the disk.
        (Resource::Core, 0),
    ])
}

fn set_all(bounds: &[(Resource, u64)]) -> bool {
    bounds.iter().all(|(resource, most)| {
        let limit = Rlimit {
            current: Some(*most),
            maximum: Some(*most),
        };
        setrlimit(*resource, limit).is_ok()
    })
}

/// Most open files of a program that reads rules and files.
const MAX_OPEN_FILES_OF_READER: u64 = 64;

/// Confines a process that goes on as another program: it may read some paths and the system's
/// libraries, and can reach no network. Gives nothing where that can't be had.
pub(crate) fn confine_reader(limits: &Limits, readable: &[&Path]) -> Option<()> {
    let bounds = [
        (Resource::As, limits.memory_bytes),
        (Resource::Cpu, limits.cpu_s),
        (Resource::Nofile, MAX_OPEN_FILES_OF_READER),
        (Resource::Fsize, 0),
        (Resource::Core, 0),
    ];
    let system = ["/usr", "/lib", "/lib64", "/etc/ld.so.cache"].map(Path::new);
    let paths: Vec<&Path> = system.into_iter().chain(readable.iter().copied()).collect();
    let restrict = || -> Result<RestrictionStatus, RulesetError> {
        Ruleset::default()
            .set_compatibility(CompatLevel::HardRequirement)
            .handle_access(AccessFs::from_all(ABI::V1))?
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(AccessFs::from_all(ABI::V5))?
            .handle_access(AccessNet::from_all(ABI::V5))?
            .create()?
            .add_rules(path_beneath_rules(paths, AccessFs::from_read(ABI::V1)))?
            .restrict_self()
    };
    let confined = set_all(&bounds)
        && restrict().is_ok_and(|status| status.ruleset != RulesetStatus::NotEnforced);
    if confined { forbid_network() } else { None }
}

/// System calls that reach other machines or processes fail.
fn forbid_network() -> Option<()> {
    let forbidden = [
        libc::SYS_socket,
        libc::SYS_connect,
        libc::SYS_bind,
        libc::SYS_ptrace,
        libc::SYS_process_vm_writev,
        libc::SYS_kill,
    ];
    let filter = SeccompFilter::new(
        forbidden
            .into_iter()
            .map(|call| (call, Vec::new()))
            .collect(),
        SeccompAction::Allow,
        SeccompAction::Errno(u32::try_from(libc::EPERM).ok()?),
        std::env::consts::ARCH.try_into().ok()?,
    );
    let program = BpfProgram::try_from(filter.ok()?).ok()?;
    apply_filter(&program).ok()
}

/// No path may be opened, and no TCP port be bound or connected to, as far as the kernel knows how.
fn forbid_files() -> bool {
    let ruleset = || -> Result<RestrictionStatus, RulesetError> {
        Ruleset::default()
            .set_compatibility(CompatLevel::HardRequirement)
            .handle_access(AccessFs::from_all(ABI::V1))?
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(AccessFs::from_all(ABI::V5))?
            .handle_access(AccessNet::from_all(ABI::V5))?
            .create()?
            .restrict_self()
    };
    ruleset().is_ok_and(|status| status.ruleset != RulesetStatus::NotEnforced)
}

/// System calls that computing needs: memory, threads, time, the streams that are open already.
#[cfg_attr(
    not(any(target_arch = "x86_64", target_arch = "aarch64")),
    expect(unused, reason = "there is no filter for this machine")
)]
const ALLOWED: [i64; 35] = [
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_close,
    libc::SYS_lseek,
    libc::SYS_fstat,
    libc::SYS_ppoll,
    libc::SYS_mmap,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_mprotect,
    libc::SYS_madvise,
    libc::SYS_brk,
    libc::SYS_futex,
    libc::SYS_clone3,
    libc::SYS_set_robust_list,
    libc::SYS_rseq,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_sched_getaffinity,
    libc::SYS_sched_yield,
    libc::SYS_getrandom,
    libc::SYS_gettid,
    libc::SYS_getpid,
    libc::SYS_tgkill,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_prctl,
    libc::SYS_prlimit64,
    libc::SYS_restart_syscall,
    libc::SYS_exit,
    libc::SYS_exit_group,
];

/// Everything but the calls above fails with "operation not permitted".
fn forbid_calls() -> Option<()> {
    let architecture: TargetArch = std::env::consts::ARCH.try_into().ok()?;
    // The flags of `clone3` are in memory, where a filter can't see them: told that there is no such
    // call, the C library uses `clone`, whose flags say whether it is a thread that is made.
    let no_clone3 = SeccompFilter::new(
        BTreeMap::from([(libc::SYS_clone3, Vec::new())]),
        SeccompAction::Allow,
        SeccompAction::Errno(u32::try_from(libc::ENOSYS).ok()?),
        architecture,
    )
    .ok()?;
    let thread = u64::try_from(libc::CLONE_THREAD).ok()?;
    let is_thread = SeccompCondition::new(
        0,
        SeccompCmpArgLen::Qword,
        SeccompCmpOp::MaskedEq(thread),
        thread,
    );
    let only_threads = SeccompRule::new(vec![is_thread.ok()?]).ok()?;
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        ALLOWED.into_iter().map(|call| (call, Vec::new())).collect();
    rules.insert(libc::SYS_clone, vec![only_threads]);
    let only_computing = SeccompFilter::new(
        rules,
        SeccompAction::Errno(u32::try_from(libc::EPERM).ok()?),
        SeccompAction::Allow,
        architecture,
    )
    .ok()?;
    let (first, second) = (
        BpfProgram::try_from(no_clone3).ok()?,
        BpfProgram::try_from(only_computing).ok()?,
    );
    // A second filter can be laid over the first while `prctl` and `seccomp` are still allowed.
    apply_filter(&first).ok()?;
    apply_filter(&second).ok()
}
