package chuan.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import chuan.files.Json;
import chuan.files.JsonFields;
import chuan.golden.GoldenModel;
import org.junit.jupiter.api.Test;

class ShapeOpsTest {
    @Test
    void findsThePublishedParameterCounts() {
        assertThat(ShapeOps.parameters(ModelConfig.baichuan13b())).isEqualTo(13_264_901_120L);
        assertThat(ShapeOps.parameters(ModelConfig.baichuan7b())).isEqualTo(7_000_559_616L);
    }

    /// Two operations per multiply-add: 25.87 GFLOP per token, attention at one key left out.
    @Test
    void countsTheMatrixWorkOfOneToken() {
        var c = ModelConfig.baichuan13b();
        var ops = new ShapeOps(c, 0);
        var decoder = new Decoder<>(c, ShapeOps.weights(c));
        var logits = decoder.logits(ops, new int[1], new int[1]);
        assertThat(logits).isEqualTo(new ShapeOps.Shape(1, 64_000));
        assertThat(ops.multiplyAdds()).isEqualTo(13_264_901_120L - 327_680_000L - 414_720L);
    }

    @Test
    void refusesShapesThatDoNotMeet() {
        var c = ModelConfig.baichuan7b();
        assertThatThrownBy(() ->
                        new ShapeOps(c, 1)
                                .linear(new ShapeOps.Shape(1, 3), new ShapeOps.Shape(5, 4)))
                .hasMessage("linear: width 3 meets 4");
    }

    @Test
    void slopesEqualTheOfficialOnesForAnyNumberOfHeads() {
        var file = GoldenModel.folder("tables").resolve("alibi_slopes.json");
        var root = new JsonFields(file, Json.readObject(file));
        var table = (Json.Obj) root.find("slopes_float64").orElseThrow();
        assertThat(table.fields()).containsKey("40");
        table.fields()
                .forEach((heads, slopes) -> {
                    var list = ((Json.Arr) slopes).items();
                    for (int i = 0; i < list.size(); i++)
                        assertThat(new Position.Alibi().slope(i, Integer.parseInt(heads)))
                                .isCloseTo(
                                        Double.parseDouble(((Json.Num) list.get(i)).literal()),
                                        within(1e-15));
                });
    }
}
