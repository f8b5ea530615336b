package chuan.cpu;

class EmittedContractTest extends CpuContractTest {
    EmittedContractTest() {
        super("emitted");
    }
}
