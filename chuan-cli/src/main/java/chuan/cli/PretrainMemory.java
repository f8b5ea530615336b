package chuan.cli;

import chuan.train.AvailableMemory;

/// [MachineMemory] for training. Not part of the commands: they are looked through for options also
/// where training is not on the class path.
final class PretrainMemory {
    private PretrainMemory() {}

    /// What this process may have.
    static AvailableMemory ofProcess() {
        var machine = MachineMemory.ofProcess(0).within("", MachineMemory.variable());
        return new AvailableMemory(machine.bytes(), machine.describe());
    }
}
