package chuan.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import chuan.files.ModelFolder;
import chuan.model.Backend;
import chuan.model.ReferenceBackend;
import java.util.List;
import org.junit.jupiter.api.Test;

class BackendsTest {
    private record Provider(String name, int preference) implements BackendProvider {
        @Override
        public Backend load(ModelFolder folder, LoadOptions options) {
            return new ReferenceBackend(folder.config(), folder.rows());
        }
    }

    private static final Provider CPU = new Provider("cpu", 0);
    private static final Provider CUDA = new Provider("cuda", 10);

    @Test
    void withoutABackEndTheArtifactIsNamed() {
        assertThatThrownBy(() -> Backends.choose(LoadOptions.defaults()))
                .isInstanceOf(MissingBackendException.class)
                .hasMessageContaining("chuan:chuan-cpu")
                .hasMessageNotContaining("\n");
    }

    @Test
    void theOneThatIsAskedForIsTaken() {
        var there = List.<BackendProvider>of(CUDA, CPU);
        assertThat(Backends.choose(there, LoadOptions.defaults().withBackend("cpu"))).isSameAs(CPU);
        assertThatThrownBy(() -> Backends.choose(there, LoadOptions.defaults().withBackend("tpu")))
                .isInstanceOf(MissingBackendException.class)
                .hasMessage(
                        "no back end 'tpu' on the class path, only cpu, cuda: add the artifact"
                                + " chuan:chuan-tpu");
    }

    @Test
    void theMostPreferredOneIsTakenOtherwise() {
        assertThat(Backends.choose(List.of(CPU, CUDA), LoadOptions.defaults())).isSameAs(CUDA);
    }

    @Test
    void optionsThatCannotBeMeantAreRefused() {
        assertThatThrownBy(() -> LoadOptions.defaults().withThreads(-1))
                .hasMessageContaining("threads");
        assertThatThrownBy(() -> LoadOptions.defaults().withContext(-1))
                .hasMessageContaining("context");
    }
}
