package chuan.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// Where the terminal keeps what was typed and saved: `$CHUAN_HOME`, or `~/.chuan`.
///
/// @param folder for nobody but its owner
record ChatStore(Path folder) {
    private static final String ENDING = ".json";

    static ChatStore ofUser() {
        return new ChatStore(Models.userFolder());
    }

    /// The lines of earlier conversations; made if it is not there.
    Path history() throws IOException {
        PrivateFiles.createFolder(folder);
        Path file = folder.resolve("chat-history");
        PrivateFiles.createFile(file);
        return file;
    }

    /// The file that a name means: one in the folder of dialogues, but a path is a path.
    Path file(String name) {
        boolean path = name.contains("/") || name.contains("\\") || name.endsWith(ENDING);
        return path ? Path.of(name) : dialogues().resolve(name + ENDING);
    }

    private Path dialogues() {
        return folder.resolve("chats");
    }

    void save(String name, Conversation conversation) throws IOException {
        PrivateFiles.createFolder(folder);
        if (!Files.isDirectory(dialogues())) PrivateFiles.createFolder(dialogues());
        Path file = file(name);
        Path parent = file.toAbsolutePath().getParent();
        if (parent != null && !Files.isDirectory(parent))
            throw new IOException("there is no folder " + parent);
        ChatFile.write(file, conversation);
    }

    /// Names of saved dialogues, the latest first.
    List<String> names() throws IOException {
        if (!Files.isDirectory(dialogues())) return List.of();
        var files = new ArrayList<Path>();
        try (var entries = Files.newDirectoryStream(dialogues(), "*" + ENDING)) {
            entries.forEach(files::add);
        }
        files.sort(Comparator.comparing(ChatStore::modified).reversed());
        return files.stream()
                .map(file -> String.valueOf(file.getFileName()))
                .map(name -> name.substring(0, name.length() - ENDING.length()))
                .toList();
    }

    private static long modified(Path file) {
        return file.toFile().lastModified();
    }
}
