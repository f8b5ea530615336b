package chuan.cli;

import chuan.measure.PeerProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// What `--vs` names: programs around which `bench/` has a script.
final class BenchPeers {
    private static final Map<String, List<String>> SCRIPTS =
            Map.of(
                    "llama.cpp", List.of("node", "llama_cpp_peer.mjs", "bench"),
                    "ik_llama.cpp", List.of("python3", "ik_llama_peer.py"));

    private BenchPeers() {}

    /// Starts all of them, one after the other, each with the model loaded.
    ///
    /// @throws CliException if one is unknown or does not come up
    static List<PeerProcess> start(
            List<String> names, ModelOption model, int threads, int context) {
        var started = new ArrayList<PeerProcess>();
        try {
            for (String name : names) started.add(start(name, model.path(), threads, context));
            return started;
        } catch (CliException e) {
            started.forEach(PeerProcess::close);
            throw e;
        }
    }

    private static PeerProcess start(String peer, Path model, int threads, int context) {
        int equals = peer.indexOf('=');
        String name = equals < 0 ? peer : peer.substring(0, equals);
        var command =
                equals < 0 ? script(name) : List.of(peer.substring(equals + 1).strip().split(" +"));
        try {
            var started = PeerProcess.start(name, command, model, threads, context);
            if (started.threads() == threads) return started;
            started.close();
            throw new CliException(
                    "--vs %s: computes with %d threads instead of %d"
                            .formatted(name, started.threads(), threads));
        } catch (IOException e) {
            throw new CliException(
                    "--vs "
                            + name
                            + ": "
                            + e.getMessage()
                            + "; how to install it: docs/performance.md");
        }
    }

    private static List<String> script(String name) {
        var words = SCRIPTS.get(name);
        if (words == null)
            throw new CliException(
                    "--vs "
                            + name
                            + ": unknown; llama.cpp, ik_llama.cpp, or NAME=COMMAND that answers as"
                            + " bench/llama_cpp_peer.mjs does");
        var command = new ArrayList<>(words);
        String program = command.get(0);
        if (program.equals("python3")) {
            String python = System.getenv().getOrDefault("CHUAN_IK_LLAMA_PYTHON", program);
            command.set(0, python);
        }
        command.set(1, Models.home().resolve("bench").resolve(command.get(1)).toString());
        return command;
    }
}
