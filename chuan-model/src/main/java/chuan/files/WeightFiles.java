package chuan.files;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/// Finds the weights of a folder: safetensors before PyTorch files, one file or the shards of an
/// index.
final class WeightFiles {
    private WeightFiles() {}

    static Map<String, TensorData> open(Path folder) {
        var one = folder.resolve(ModelFolder.SAFETENSORS);
        if (Files.exists(one)) return SafetensorsFile.open(one).tensors();
        var index = folder.resolve(ModelFolder.SAFETENSORS_INDEX);
        if (Files.exists(index)) return sharded(folder, index);
        var torch = folder.resolve(ModelFolder.TORCH);
        if (Files.exists(torch)) return TorchBinFile.open(torch).tensors();
        var torchIndex = folder.resolve(ModelFolder.TORCH_INDEX);
        if (Files.exists(torchIndex)) return sharded(folder, torchIndex);
        throw MalformedFileException.of(
                folder,
                "holds no weights: expected "
                        + ModelFolder.SAFETENSORS
                        + ", "
                        + ModelFolder.TORCH
                        + " or the .index.json of their shards");
    }

    private static Map<String, TensorData> sharded(Path folder, Path index) {
        var fields = new JsonFields(index, Json.readObject(index));
        if (!(fields.find("weight_map").orElse(new Json.Null()) instanceof Json.Obj(var map)))
            throw MalformedFileException.key(index, "weight_map", "must map tensors to files");
        var shards = new HashMap<String, Map<String, TensorData>>();
        var tensors = new LinkedHashMap<String, TensorData>();
        map.forEach((name, value) -> {
            if (!(value instanceof Json.Str(String shard)))
                throw MalformedFileException.key(
                        index, "weight_map", "tensor " + name + " has no file name");
            var tensor = shards.computeIfAbsent(shard, s -> shard(folder, index, s)).get(name);
            if (tensor == null)
                throw MalformedFileException.tensor(
                        folder.resolve(shard),
                        name,
                        "is not in this shard, though " + index.getFileName() + " says so");
            tensors.put(name, tensor);
        });
        return Collections.unmodifiableMap(tensors);
    }

    private static Map<String, TensorData> shard(Path folder, Path index, String name) {
        if (name.isEmpty()
                || name.indexOf('\0') >= 0
                || name.contains("/")
                || name.contains("\\")
                || name.equals(".."))
            throw MalformedFileException.key(
                    index, "weight_map", "\"" + name + "\" is not a plain file name");
        var file = folder.resolve(name);
        if (!Files.exists(file))
            throw MalformedFileException.key(
                    index, "weight_map", "the shard " + name + " does not exist; download it");
        return name.endsWith(".safetensors")
                ? SafetensorsFile.open(file).tensors()
                : TorchBinFile.open(file).tensors();
    }
}
