package chuan.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/// The arrows between the parts, as docs/TOUR.md draws them. A rule that fails here is a decision:
/// it is changed with a record in docs/decisions, or not at all.
class ArchitectureTest {
    private static final JavaClasses CLASSES =
            new ClassFileImporter()
                    .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                    .importPackages("chuan");

    private static final String JDK = "java..";
    private static final String VECTOR = "jdk.incubator.vector..";
    private static final String NULLNESS = "org.jspecify..";
    private static final String MODEL = "chuan.model..";
    private static final String FILES = "chuan.files..";
    private static final String LOAD = "chuan.load..";
    private static final String QUANT = "chuan.quant..";
    private static final String TOKENIZER = "chuan.tokenizer..";
    private static final String CPU = "chuan.cpu..";
    private static final String AUTOGRAD = "chuan.autograd..";
    private static final String KERNEL = "chuan.kernel..";
    private static final String ASM = "chuan.asm..";
    private static final String ENGINE = "chuan.engine..";
    private static final String EVAL = "chuan.eval..";
    private static final String SERVER = "chuan.server..";
    private static final String TORCH = "chuan.torch..";
    private static final String TRAIN = "chuan.train..";
    private static final String CORPUS = "chuan.corpus..";
    private static final String HUB = "chuan.hub..";

    private static void onlyDependsOn(String part, String... allowed) {
        classes()
                .that()
                .resideInAPackage(part)
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(allowed)
                .check(CLASSES);
    }

    @Test
    void modelAndTokenizerNeedTheJdkOnly() {
        onlyDependsOn(MODEL, MODEL, JDK, NULLNESS);
        onlyDependsOn(QUANT, QUANT, JDK, NULLNESS);
        onlyDependsOn(FILES, FILES, QUANT, MODEL, JDK, NULLNESS);
        onlyDependsOn(LOAD, LOAD, FILES, MODEL, JDK, NULLNESS);
        onlyDependsOn(TOKENIZER, TOKENIZER, JDK, NULLNESS);
    }

    /// Kernels compute on packed weights as they lie in files: they know those layouts, and nothing
    /// else of a model.
    @Test
    void cpuNeedsTheModelOnlyAndKernelsTheJdkAndTheLayouts() {
        onlyDependsOn(ASM, ASM, JDK, NULLNESS);
        onlyDependsOn(KERNEL, KERNEL, ASM, QUANT, JDK, VECTOR, NULLNESS);
        onlyDependsOn(CPU, CPU, KERNEL, MODEL, LOAD, FILES, QUANT, JDK, NULLNESS);
    }

    @Test
    void trainingOnTheCpuNeedsItsKernelsAndThreads() {
        onlyDependsOn(AUTOGRAD, AUTOGRAD, CPU, KERNEL, MODEL, JDK, NULLNESS);
        noClasses()
                .that()
                .resideInAnyPackage(CPU, KERNEL)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(AUTOGRAD)
                .check(CLASSES);
    }

    @Test
    void engineSeesNoBackEnd() {
        onlyDependsOn(ENGINE, ENGINE, MODEL, LOAD, FILES, QUANT, TOKENIZER, JDK, NULLNESS);
    }

    /// The server sees no back end either; who starts it brings one.
    @Test
    void serverSeesTheEngine() {
        onlyDependsOn(
                EVAL,
                EVAL,
                ENGINE,
                TOKENIZER,
                MODEL,
                FILES,
                HUB,
                "tools.jackson..",
                "de.siegmar.fastcsv..",
                JDK,
                NULLNESS);
        onlyDependsOn(
                SERVER,
                SERVER,
                ENGINE,
                MODEL,
                TOKENIZER,
                JDK,
                "io.helidon..",
                "io.micrometer..",
                "tools.jackson..",
                NULLNESS);
    }

    /// Training on own kernels must start where there is no libtorch.
    @Test
    void torchSeesTheModelOnlyAndNobodyButTheTorchClassesOfTrainingSeesTorch() {
        noClasses()
                .that()
                .resideInAPackage(TORCH)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        CPU, KERNEL, ASM, ENGINE, TRAIN, CORPUS, TOKENIZER, "chuan.cli..")
                .check(CLASSES);
        noClasses()
                .that()
                .resideOutsideOfPackage(TORCH)
                .and()
                .haveNameNotMatching("chuan\\.train\\.Torch.*")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(TORCH, "org.bytedeco..")
                .check(CLASSES);
    }

    @Test
    void corpusSeesTheTokenizerOnly() {
        noClasses()
                .that()
                .resideInAPackage(CORPUS)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(MODEL, CPU, KERNEL, ENGINE, TORCH, TRAIN, "chuan.cli..")
                .check(CLASSES);
    }

    /// Fetching files knows nothing of what is in them.
    @Test
    void hubsNeedTheJdkAndJson() {
        onlyDependsOn(HUB, HUB, JDK, "tools.jackson..", NULLNESS);
    }

    /// No other command grows with training.
    @Test
    void onlyTheTrainingCommandsTouchTraining() {
        noClasses()
                .that()
                .resideInAPackage("chuan.cli..")
                .and()
                .haveSimpleNameNotStartingWith("Pretrain")
                .and()
                .haveSimpleNameNotStartingWith("Sft")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(TRAIN)
                .check(CLASSES);
    }

    @Test
    void nobodySeesTheCommandLine() {
        noClasses()
                .that()
                .resideOutsideOfPackages("chuan.cli..", "chuan.bench..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("chuan.cli..")
                .check(CLASSES);
    }

    @Test
    void packagesFormNoCycles() {
        slices().matching("chuan.(*)..").should().beFreeOfCycles().check(CLASSES);
    }
}
