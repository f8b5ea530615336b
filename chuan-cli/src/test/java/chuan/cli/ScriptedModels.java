package chuan.cli;

import java.util.List;

/// Two models that answer alike.
final class ScriptedModels implements ChatModels {
    @Override
    public List<String> names() {
        return List.of("large", "small");
    }

    @Override
    public Conversation open(String name) {
        if (!names().contains(name)) throw new CliException(name + ": no such model");
        return new ScriptedConversation(name);
    }
}
