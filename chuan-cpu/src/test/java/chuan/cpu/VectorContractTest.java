package chuan.cpu;

class VectorContractTest extends CpuContractTest {
    VectorContractTest() {
        super("vector");
    }
}
