package chuan.load;

import java.util.Comparator;
import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.Collectors;

/// The back ends on the class path.
public final class Backends {
    private Backends() {}

    /// The one that the options ask for, else the most preferred one.
    ///
    /// @throws MissingBackendException if it is not there
    public static BackendProvider choose(LoadOptions options) {
        return choose(
                ServiceLoader.load(BackendProvider.class).stream()
                        .map(ServiceLoader.Provider::get)
                        .toList(),
                options);
    }

    static BackendProvider choose(List<BackendProvider> there, LoadOptions options) {
        if (there.isEmpty())
            throw new MissingBackendException(
                    "no back end on the class path: add the artifact chuan:chuan-"
                            + (options.backend().isEmpty() ? "cpu" : options.backend())
                            + " in the version of chuan-engine");
        if (options.backend().isEmpty())
            return there.stream()
                    .max(Comparator.comparingInt(BackendProvider::preference))
                    .orElseThrow();
        return there.stream()
                .filter(provider -> provider.name().equals(options.backend()))
                .findFirst()
                .orElseThrow(() -> new MissingBackendException(missing(there, options.backend())));
    }

    private static String missing(List<BackendProvider> there, String name) {
        return there.stream()
                .map(BackendProvider::name)
                .sorted()
                .collect(
                        Collectors.joining(
                                ", ",
                                "no back end '" + name + "' on the class path, only ",
                                ": add the artifact chuan:chuan-" + name));
    }
}
