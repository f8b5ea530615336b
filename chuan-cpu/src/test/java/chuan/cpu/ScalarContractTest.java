package chuan.cpu;

class ScalarContractTest extends CpuContractTest {
    ScalarContractTest() {
        super("scalar");
    }
}
