package chuan.asm;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/// Random uses of every instruction form of [X86Assembler], each with its text in the syntax of GNU
/// as: what that assembler makes of the text, ours must make of the call.
final class Instructions {
    /// A mnemonic, whether it has a VEX (v) and an EVEX (e) form, the widths of the first register,
    /// and its operands: `V` a register of that width, `H` half of it, `Q` a quarter, `X` 128 bits,
    /// `Y` 256, behind which `m` allows memory, `b` and `d` an element of 32 or 64 bits repeated, a
    /// digit memory of so many bytes; `M` only memory; `I` an immediate; `G` a general register,
    /// `E` its lower half, `L` a long immediate; `T` a tile.
    private static final String FORMS =
            """
            vmovups       ve 128,256,512 V,Vm
            vmovups       ve 128,256,512 M,V
            vmovaps       ve 128,256,512 V,Vm
            vmovaps       ve 128,256,512 M,V
            vmovdqu       ve 128,256,512 V,Vm
            vmovdqu       ve 128,256,512 M,V
            vmovdqa       ve 128,256,512 V,Vm
            vmovdqa       ve 128,256,512 M,V
            vmovss        ve 128         V,M4
            vmovss        ve 128         M4,V
            vmovlps       ve 128         M8,V
            vmovd         ve 128         V,E
            vpand         ve 128,256,512 V,V,Vmb
            vpandn        ve 128,256,512 V,V,Vmb
            vpor          ve 128,256,512 V,V,Vmb
            vpxor         ve 128,256,512 V,V,Vmb
            vpsrlw        ve 128,256,512 V,V,I
            vpsllw        ve 128,256,512 V,V,I
            vpsrld        ve 128,256,512 V,V,I
            vpslld        ve 128,256,512 V,V,I
            vpsrad        ve 128,256,512 V,V,I
            vpaddb        ve 128,256,512 V,V,Vm
            vpaddw        ve 128,256,512 V,V,Vm
            vpaddd        ve 128,256,512 V,V,Vmb
            vpsubb        ve 128,256,512 V,V,Vm
            vpsubw        ve 128,256,512 V,V,Vm
            vpsubd        ve 128,256,512 V,V,Vmb
            vpmaddubsw    ve 128,256,512 V,V,Vm
            vpmaddwd      ve 128,256,512 V,V,Vm
            vpmullw       ve 128,256,512 V,V,Vm
            vpmulld       ve 128,256,512 V,V,Vmb
            vpmaxsd       ve 128,256,512 V,V,Vmb
            vpcmpgtd      v  128,256     V,V,Vm
            vpackssdw     ve 128,256,512 V,V,Vmb
            vpacksswb     ve 128,256,512 V,V,Vm
            vpermd        ve 256,512     V,V,Vmb
            vpermw        e  128,256,512 V,V,Vm
            vpsignb       v  128,256     V,V,Vm
            vpabsb        ve 128,256,512 V,Vm
            vpdpbusd      e  128,256,512 V,V,Vmb
            vpdpbusdVex   v  128,256     V,V,Vm
            vpbroadcastb  ve 128,256,512 V,Xm1
            vpbroadcastw  ve 128,256,512 V,Xm2
            vpbroadcastd  ve 128,256,512 V,Xm4
            vbroadcastss  ve 128,256,512 V,Xm4
            vpmovsxbw     ve 128,256,512 V,Hm
            vpmovsxbd     ve 128,256,512 V,Qm
            vpmovsxwd     ve 128,256,512 V,Hm
            vpmovzxbw     ve 128,256,512 V,Hm
            vpmovzxbd     ve 128,256,512 V,Qm
            vpmovzxwd     ve 128,256,512 V,Hm
            vcvtdq2ps     ve 128,256,512 V,Vmb
            vcvtps2dq     ve 128,256,512 V,Vmb
            vcvtph2ps     ve 128,256,512 V,Hm
            vcvtne2ps2bf16 e 128,256,512 V,V,Vmb
            vdpbf16ps     e  128,256,512 V,V,Vmb
            vaddps        ve 128,256,512 V,V,Vmb
            vmulps        ve 128,256,512 V,V,Vmb
            vsubps        ve 128,256,512 V,V,Vmb
            vminps        ve 128,256,512 V,V,Vmb
            vdivps        ve 128,256,512 V,V,Vmb
            vmaxps        ve 128,256,512 V,V,Vmb
            vandps        ve 128,256,512 V,V,Vmb
            vxorps        ve 128,256,512 V,V,Vmb
            vunpcklps     ve 128,256,512 V,V,Vmb
            vunpckhps     ve 128,256,512 V,V,Vmb
            vunpcklpd     ve 128,256,512 V,V,Vmd
            vunpckhpd     ve 128,256,512 V,V,Vmd
            vshufps       ve 128,256,512 V,V,Vmb,I
            vshuff32x4    e  512         V,V,Vmb,I
            vfmadd132ps   ve 128,256,512 V,V,Vmb
            vfmadd213ps   ve 128,256,512 V,V,Vmb
            vfmadd231ps   ve 128,256,512 V,V,Vmb
            vextractf128  v  256         Xm,V,I
            vextractf32x4 e  256,512     Xm,V,I
            vextractf64x4 e  512         Ym,V,I
            vinsertf128   v  256         V,V,Xm,I
            vzeroupper    v  0
            push          v  0           G
            call          v  0           G
            pop           v  0           G
            mov           v  0           G,G
            mov           v  0           G,M8
            mov           v  0           M8,G
            mov           v  0           G,L
            lea           v  0           G,M0
            add           v  0           G,G
            add           v  0           G,M8
            add           v  0           G,J
            sub           v  0           G,G
            sub           v  0           G,M8
            sub           v  0           G,J
            and           v  0           G,G
            and           v  0           G,M8
            and           v  0           G,J
            or            v  0           G,G
            or            v  0           G,M8
            or            v  0           G,J
            xor           v  0           G,G
            xor           v  0           G,M8
            xor           v  0           G,J
            cmp           v  0           G,G
            cmp           v  0           G,M8
            cmp           v  0           G,J
            imul          v  0           G,Gm8
            test          v  0           G,G
            inc           v  0           G
            dec           v  0           G
            neg           v  0           G
            shl           v  0           G,S
            shr           v  0           G,S
            sar           v  0           G,S
            prefetcht0    v  0           M1
            prefetcht1    v  0           M1
            prefetchw     v  0           M1
            cpuid         v  0
            xgetbv        v  0
            ret           v  0
            ldtilecfg     v  0           M0
            tilerelease   v  0
            tilezero      v  0           T
            tileloadd     v  0           T,N
            tilestored    v  0           N,T
            tdpbssd       v  0           T,T,T
            tdpbsud       v  0           T,T,T
            tdpbusd       v  0           T,T,T
            tdpbuud       v  0           T,T,T
            tdpbf16ps     v  0           T,T,T
            """;

    private static final int[] DISPLACEMENTS = {
        0, 1, 2, 4, 8, 16, 60, 64, 127, 128, -1, -64, -128, -129, 192, 2032, 8128, 8192, -8192,
        4100,
    };

    private final Random random;
    private final Form form;
    private boolean high;

    private Instructions(Form form, long seed) {
        this.form = form;
        random = new Random(seed * 31 + form.line.hashCode());
    }

    record Form(String line, String name, boolean vex, boolean evex, int bits, List<String> kinds) {
        String id() {
            return name + ' ' + bits + ' ' + String.join(",", kinds);
        }
    }

    /// An instruction as text, and how to write it.
    record Use(String text, Method method, Object[] arguments) {
        void write(X86Assembler a) {
            try {
                method.invoke(a, arguments);
            } catch (IllegalAccessException | InvocationTargetException e) {
                throw new AssertionError(text, e);
            }
        }

        String mnemonic() {
            return text.replaceFirst("^\\{\\w+} ", "").split(" ")[0];
        }
    }

    static List<Form> forms() {
        var forms = new ArrayList<Form>();
        for (String line : FORMS.lines().toList()) {
            String[] f = line.split(" +");
            List<String> kinds = f.length < 4 ? List.of() : List.of(f[3].split(","));
            for (String bits : f[2].split(","))
                forms.add(
                        new Form(
                                line,
                                f[0],
                                f[1].contains("v"),
                                f[1].contains("e"),
                                Integer.parseInt(bits),
                                kinds));
        }
        return forms;
    }

    /// `count` uses of each form, the same for the same seed.
    static Stream<Use> uses(long seed, int count) {
        return forms().stream()
                .flatMap(form -> {
                    var one = new Instructions(form, seed);
                    return Stream.generate(one::use).limit(form.kinds.isEmpty() ? 1 : count);
                });
    }

    private Use use() {
        high = form.bits == 512 || (form.evex && (!form.vex || random.nextBoolean()));
        var texts = new ArrayList<String>();
        var arguments = new ArrayList<Object>();
        for (String kind : form.kinds) {
            Object argument = operand(kind, arguments);
            arguments.add(argument);
            texts.add(text(kind, argument));
        }
        boolean evex = arguments.stream().anyMatch(Instructions::needsEvex);
        String name = form.name.replace("Vex", "");
        if (form.name.endsWith("Vex")) name = "{vex} " + name;
        else if (name.equals("vmovdqu") || name.equals("vmovdqa")) name += evex ? "32" : "";
        else if (List.of("vpand", "vpandn", "vpor", "vpxor").contains(name))
            name += evex ? "d" : "";
        // of a move between registers, the form that loads
        if (name.startsWith("vmov") && arguments.getLast() instanceof Vec) name = "{load} " + name;
        if (name.startsWith("{load}") && arguments.getFirst() instanceof Mem)
            name = name.substring("{load} ".length());
        String all = texts.isEmpty() ? name : name + " " + String.join(", ", texts);
        return new Use(all, method(form.name, arguments), arguments.toArray());
    }

    private static boolean needsEvex(Object argument) {
        return switch (argument) {
            case Vec v -> v.bits() == 512 || v.number() > 15;
            case Mem m -> m.repeated();
            default -> false;
        };
    }

    private Object operand(String kind, List<Object> before) {
        boolean memory = kind.contains("m") && random.nextBoolean();
        return switch (kind.charAt(0)) {
            case 'V' -> memory ? memory(kind, form.bits / 8) : vector(form.bits);
            case 'H' ->
                    memory ? memory(kind, form.bits / 16) : vector(Math.max(128, form.bits / 2));
            case 'Q' -> memory ? memory(kind, form.bits / 32) : vector(128);
            case 'X' -> memory ? memory(kind, 16) : vector(128);
            case 'Y' -> memory ? memory(kind, 32) : vector(256);
            case 'M' -> memory(kind, form.bits / 8);
            case 'N' -> Mem.at(general(), index(), 1 << random.nextInt(4), displacement(1));
            case 'I' -> random.nextInt(256);
            case 'J' -> immediate(before);
            case 'S' -> random.nextInt(64);
            case 'L' -> random.nextBoolean() ? random.nextLong() : (long) random.nextInt();
            case 'G', 'E' -> memory ? memory(kind, 8) : general();
            case 'T' ->
                    random.ints(0, 8)
                            .mapToObj(Tmm::new)
                            .filter(tile -> !before.contains(tile))
                            .findFirst()
                            .orElseThrow();
            default -> throw new AssertionError(kind);
        };
    }

    /// Not a long one for rax: for that alone, as knows a shorter form that we do without.
    private int immediate(List<Object> before) {
        boolean small = before.getLast().equals(Gp.RAX) || random.nextBoolean();
        return small ? random.nextInt(-128, 128) : random.nextInt();
    }

    private Vec vector(int bits) {
        return new Vec(random.nextInt(high ? 32 : 16), bits);
    }

    private Gp general() {
        return new Gp(random.nextInt(16));
    }

    private Gp index() {
        Gp index = general();
        return index.equals(Gp.RSP) ? Gp.R12 : index;
    }

    private Mem memory(String kind, int bytes) {
        char repeat = kind.charAt(kind.length() - 1);
        boolean repeated = high && (repeat == 'b' || repeat == 'd') && random.nextBoolean();
        int disp = displacement(repeated ? 4 : bytes);
        var m =
                random.nextBoolean()
                        ? Mem.at(general(), disp)
                        : Mem.at(general(), index(), 1 << random.nextInt(4), disp);
        return repeated ? m.broadcast() : m;
    }

    private int displacement(int unit) {
        return switch (random.nextInt(4)) {
            case 0 -> unit * random.nextInt(-130, 130);
            case 1 -> random.nextInt();
            default -> DISPLACEMENTS[random.nextInt(DISPLACEMENTS.length)];
        };
    }

    private String text(String kind, Object argument) {
        return switch (argument) {
            case Gp g when kind.equals("E") ->
                    g.number() > 7 ? g + "d" : g.toString().replace('r', 'e').replace("ee", "e");
            case Mem m -> text(kind, m);
            default -> argument.toString();
        };
    }

    private String text(String kind, Mem m) {
        char last = kind.charAt(kind.length() - 1);
        int bytes =
                switch (kind.charAt(0)) {
                    case 'H' -> form.bits / 16;
                    case 'Q' -> form.bits / 32;
                    case 'X' -> 16;
                    case 'Y' -> 32;
                    default -> form.bits / 8;
                };
        if (Character.isDigit(last)) bytes = last - '0';
        if (kind.equals("N")) bytes = 0;
        int element = last == 'd' ? 8 : 4;
        if (m.repeated()) bytes = element;
        String size =
                switch (bytes) {
                    case 0 -> "";
                    case 1 -> "byte ptr ";
                    case 2 -> "word ptr ";
                    case 4 -> "dword ptr ";
                    case 8 -> "qword ptr ";
                    case 16 -> "xmmword ptr ";
                    case 32 -> "ymmword ptr ";
                    default -> "zmmword ptr ";
                };
        String index = m.index() == null ? "" : " + " + m.index() + "*" + m.scale();
        String disp =
                m.disp() == 0 ? "" : (m.disp() < 0 ? " - " : " + ") + Math.abs((long) m.disp());
        String repeat = m.repeated() ? "{1to" + form.bits / 8 / element + "}" : "";
        return size + "[" + m.base() + index + disp + "]" + repeat;
    }

    private static Method method(String name, List<Object> arguments) {
        return Arrays.stream(X86Assembler.class.getMethods())
                .filter(m -> m.getName().equals(name) && fits(m.getParameterTypes(), arguments))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no method " + name + arguments));
    }

    private static boolean fits(Class<?>[] types, List<Object> arguments) {
        if (types.length != arguments.size()) return false;
        for (int i = 0; i < types.length; i++) {
            Object argument = arguments.get(i);
            boolean fits =
                    types[i] == int.class
                            ? argument instanceof Integer
                            : types[i] == long.class
                                    ? argument instanceof Long
                                    : types[i].isInstance(argument);
            if (!fits) return false;
        }
        return true;
    }
}
