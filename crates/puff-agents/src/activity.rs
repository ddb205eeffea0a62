//! What the processes of a session do besides printing: processor time, and bytes that move.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

/// Processor time below this, between two looks, is only the turning of a spinner: a hundredth of the time.
const IDLE_SHARE: f64 = 0.01;

/// Watches a process and all that it started.
pub struct Activity {
    system: System,
    leader: Pid,
    last: HashMap<Pid, Sample>,
    looked: Option<Instant>,
    busy: Instant,
    moving: u64,
}

#[derive(Clone, Copy, Default)]
struct Sample {
    /// Milliseconds of processor time.
    cpu: u64,
    bytes: u64,
}

impl Activity {
    /// Watches this process from now on.
    pub fn of(leader: u32) -> Activity {
        Activity {
            system: System::new(),
            leader: Pid::from_u32(leader),
            last: HashMap::new(),
            looked: None,
            busy: Instant::now(),
            moving: 0,
        }
    }

    /// Samples the processes.
    pub fn sample(&mut self) {
        let now = Instant::now();
        let kind = ProcessRefreshKind::nothing().without_tasks().with_cpu().with_disk_usage();
        self.system.refresh_processes_specifics(ProcessesToUpdate::All, true, kind);
        let family = family(&self.system, self.leader);
        let mut found = HashMap::new();
        let (mut cpu, mut bytes) = (0, 0);
        for pid in family {
            let Some(process) = self.system.process(pid) else { continue };
            let usage = process.disk_usage();
            let sample = Sample {
                cpu: process.accumulated_cpu_time(),
                bytes: usage.total_read_bytes + usage.total_written_bytes,
            };
            let before = self.last.get(&pid).copied().unwrap_or_default();
            cpu += sample.cpu.saturating_sub(before.cpu);
            bytes += sample.bytes.saturating_sub(before.bytes);
            found.insert(pid, sample);
        }
        if let Some(looked) = self.looked {
            let passed = now.duration_since(looked).as_secs_f64().max(0.001);
            if cpu as f64 / 1000.0 / passed > IDLE_SHARE {
                self.busy = now;
            }
            self.moving = (bytes as f64 / passed) as u64;
        }
        self.last = found;
        self.looked = Some(now);
    }

    /// Returns for how long next to no processor time was used.
    pub fn idle(&self) -> Duration {
        self.busy.elapsed()
    }

    /// Bytes read and written a second, between the last two looks.
    pub fn moving(&self) -> u64 {
        self.moving
    }

    /// Records output, which counts as activity.
    pub fn printed(&mut self) {
        self.busy = Instant::now();
    }
}

/// Returns a process and all that came of it. Those whose parent has ended belong to the nearest supervisor, which is
/// ours.
fn family(system: &System, leader: Pid) -> Vec<Pid> {
    let us = Pid::from_u32(std::process::id());
    let mut children: HashMap<Pid, Vec<Pid>> = HashMap::new();
    for (pid, process) in system.processes() {
        if let Some(parent) = process.parent() {
            children.entry(parent).or_default().push(*pid);
        }
    }
    let adopted = children.get(&us).into_iter().flatten().copied();
    let mut open: Vec<Pid> = std::iter::once(leader).chain(adopted).collect();
    let mut seen = HashSet::new();
    let mut all = Vec::new();
    while let Some(pid) = open.pop() {
        if seen.insert(pid) {
            all.push(pid);
            open.extend(children.get(&pid).into_iter().flatten());
        }
    }
    all
}

/// Returns every process of a session, the leader first.
pub fn processes(leader: u32) -> Vec<u32> {
    let mut system = System::new();
    // A thread has a number and a parent too: one of ours would pass for an orphan of the agent, and to kill it would be to
    // kill ourselves.
    let kind = ProcessRefreshKind::nothing().without_tasks();
    system.refresh_processes_specifics(ProcessesToUpdate::All, true, kind);
    family(&system, Pid::from_u32(leader)).into_iter().map(Pid::as_u32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn the_threads_of_a_supervisor_are_not_processes_of_its_session() -> std::io::Result<()> {
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let thread = std::thread::spawn(move || wait.recv());
        let mut agent = std::process::Command::new("sleep").arg("600").spawn()?;
        let found = processes(agent.id());
        let threads: Vec<u32> = std::fs::read_dir("/proc/self/task")?
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
            .collect();
        agent.kill()?;
        agent.wait()?;
        drop(go);
        let _ = thread.join();
        assert!(found.contains(&agent.id()) && threads.len() > 1);
        assert_eq!(found.iter().filter(|pid| threads.contains(pid)).count(), 0, "{found:?} {threads:?}");
        Ok(())
    }
}
