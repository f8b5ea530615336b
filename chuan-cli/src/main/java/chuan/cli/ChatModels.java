package chuan.cli;

import java.util.List;

/// The models that a chat can be had with, one at a time.
interface ChatModels {
    /// Of the models that are there without fetching one.
    List<String> names();

    /// Ends the conversation before and begins one with another model; if that cannot be opened,
    /// nothing changes.
    ///
    /// @throws CliException if there is no such model
    Conversation open(String name);
}
