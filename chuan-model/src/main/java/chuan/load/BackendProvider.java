package chuan.load;

import chuan.files.ModelFolder;
import chuan.model.Backend;

/// Loads models onto one kind of device. A back end registers itself as a service of this type
/// ([java.util.ServiceLoader]), so that whoever opens models finds it when its artifact is on the
/// class path and needs to know nothing of it otherwise.
public interface BackendProvider {
    /// By which [LoadOptions#backend] asks for it; lower case.
    String name();

    /// Where nobody asks for one, that with the highest preference loads the model.
    int preference();

    /// Loads a model; the caller closes what it gets.
    ///
    /// @throws chuan.files.MalformedFileException if anything about the files is wrong
    /// @throws IllegalArgumentException for options that this device cannot have
    Backend load(ModelFolder folder, LoadOptions options);
}
