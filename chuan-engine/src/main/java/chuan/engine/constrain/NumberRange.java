package chuan.engine.constrain;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Decimal numbers between bounds, as a grammar: digit by digit, remembering whether the digits so
/// far are still those of a bound, and what is left when they are divided by `multipleOf`. Without
/// exponents, without needless zeros in front.
final class NumberRange {
    /// Largest number that remainders are kept of.
    private static final BigInteger MOST_REMAINDERS = BigInteger.valueOf(1000);

    private static final int MOST_DIGITS = 400;

    /// Bounds of a number.
    ///
    /// @param low null = none
    /// @param lowOpen the bound itself is out
    /// @param multipleOf null = any
    record Bounds(
            @Nullable BigDecimal low,
            boolean lowOpen,
            @Nullable BigDecimal high,
            boolean highOpen,
            @Nullable BigDecimal multipleOf) {

        static final Bounds NONE = new Bounds(null, false, null, false, null);

        boolean has(BigDecimal value) {
            if (low != null && value.compareTo(low) < (lowOpen ? 1 : 0)) return false;
            if (high != null && value.compareTo(high) > (highOpen ? -1 : 0)) return false;
            return multipleOf == null || value.remainder(multipleOf).signum() == 0;
        }

        /// Both together.
        Bounds and(Bounds other) {
            var low = this.low;
            boolean lowOpen = this.lowOpen;
            if (other.low != null) {
                int order = low == null ? 1 : other.low.compareTo(low);
                if (order >= 0) {
                    lowOpen = other.lowOpen || (order == 0 && lowOpen);
                    low = other.low;
                }
            }
            var high = this.high;
            boolean highOpen = this.highOpen;
            if (other.high != null) {
                int order = high == null ? -1 : other.high.compareTo(high);
                if (order <= 0) {
                    highOpen = other.highOpen || (order == 0 && highOpen);
                    high = other.high;
                }
            }
            var multiple = multipleOf;
            if (other.multipleOf != null)
                multiple = multiple == null ? other.multipleOf : lcm(multiple, other.multipleOf);
            return new Bounds(low, lowOpen, high, highOpen, multiple);
        }

        private static BigDecimal lcm(BigDecimal a, BigDecimal b) {
            int scale = Math.max(Math.max(a.scale(), b.scale()), 0);
            BigInteger x = a.setScale(scale).unscaledValue();
            BigInteger y = b.setScale(scale).unscaledValue();
            return new BigDecimal(x.divide(x.gcd(y)).multiply(y), scale);
        }

        /// Whether there is no room between them.
        boolean empty() {
            if (low == null || high == null) return false;
            int order = low.compareTo(high);
            return order > 0 || (order == 0 && (lowOpen || highOpen));
        }

        private Bounds negative() {
            return new Bounds(
                    high == null ? null : high.negate(),
                    highOpen,
                    low == null ? null : low.negate(),
                    lowOpen,
                    multipleOf);
        }
    }

    /// How far a number is written.
    ///
    /// @param integer digits before the point still to come
    /// @param fraction digits behind it so far, -1 = the point has not been
    /// @param low what is left of the lower bound while the digits are the same, else null
    /// @param high the same of the upper one
    private record Place(
            int integer, int fraction, @Nullable String low, @Nullable String high, int left) {}

    private final int fractionDigits;
    private final boolean lowOpen;
    private final boolean highOpen;
    private final boolean multiple;
    private final int modulus;

    /// Digits behind the point that a multiple can have.
    private final int scale;

    private final Map<Place, Expr> known = new HashMap<>();

    private NumberRange(Bounds bounds, int fractionDigits) {
        this.lowOpen = bounds.lowOpen;
        this.highOpen = bounds.highOpen;
        this.fractionDigits = fractionDigits;
        var divisor = bounds.multipleOf;
        multiple = divisor != null;
        if (divisor == null) {
            modulus = 1;
            scale = 0;
        } else {
            var stripped = divisor.stripTrailingZeros();
            scale = Math.max(0, stripped.scale());
            modulus = stripped.setScale(scale).unscaledValue().intValueExact();
        }
    }

    /// @param fractions whether the number may have a fraction
    /// @throws IllegalArgumentException if `multipleOf` cannot be followed
    static Expr of(Bounds bounds, boolean fractions) {
        checkMultiple(bounds.multipleOf);
        var ways = new ArrayList<Expr>();
        if (bounds.high == null || bounds.high.signum() >= 0)
            ways.add(positive(bounds, fractions, false));
        if (bounds.low == null || bounds.low.signum() < 0)
            ways.add(Expr.seq(Expr.text("-"), positive(bounds.negative(), fractions, true)));
        return Expr.alt(ways);
    }

    private static void checkMultiple(@Nullable BigDecimal multiple) {
        if (multiple == null) return;
        if (multiple.signum() <= 0) throw new IllegalArgumentException("must be greater than 0");
        var stripped = multiple.stripTrailingZeros();
        boolean followed =
                stripped.scale() <= JsonText.FRACTION_DIGITS
                        && stripped.precision() - stripped.scale() < MOST_DIGITS
                        && stripped.setScale(Math.max(0, stripped.scale()))
                                        .unscaledValue()
                                        .compareTo(MOST_REMAINDERS)
                                <= 0;
        if (!followed)
            throw new IllegalArgumentException(
                    "is too large to keep remainders of: use a divisor of at most "
                            + MOST_REMAINDERS
                            + " in units of its last digit");
    }

    /// Numbers from 0 on, or above 0.
    private static Expr positive(Bounds bounds, boolean fractions, boolean aboveZero) {
        BigDecimal low = bounds.low;
        boolean lowOpen = bounds.lowOpen;
        if (low == null || low.signum() < 0 || (aboveZero && low.signum() == 0)) {
            low = BigDecimal.ZERO;
            lowOpen = aboveZero;
        }
        BigDecimal high = bounds.high;
        checkSize(low);
        if (high != null) checkSize(high);
        if (!fractions) {
            low = ceiling(low, lowOpen);
            lowOpen = false;
            if (high != null) high = floor(high, bounds.highOpen);
        }
        boolean highOpen = fractions && bounds.highOpen;
        if (high != null && (high.signum() < 0 || low.compareTo(high) > 0))
            return Expr.impossible();
        int digits = fractions ? fractionDigits(low, high, bounds.multipleOf) : 0;
        var range =
                new NumberRange(
                        new Bounds(low, lowOpen, high, highOpen, bounds.multipleOf), digits);
        return range.lengths(low, high);
    }

    private static void checkSize(BigDecimal bound) {
        if (bound.precision() - (long) bound.scale() > MOST_DIGITS || bound.scale() > MOST_DIGITS)
            throw new IllegalArgumentException(
                    "has more than " + MOST_DIGITS + " digits: use a bound nearer to 0");
    }

    private static BigDecimal ceiling(BigDecimal low, boolean open) {
        var up = low.setScale(0, java.math.RoundingMode.CEILING);
        return open && up.compareTo(low) == 0 ? up.add(BigDecimal.ONE) : up;
    }

    private static BigDecimal floor(BigDecimal high, boolean open) {
        var down = high.setScale(0, java.math.RoundingMode.FLOOR);
        return open && down.compareTo(high) == 0 ? down.subtract(BigDecimal.ONE) : down;
    }

    private static int fractionDigits(
            BigDecimal low, @Nullable BigDecimal high, @Nullable BigDecimal multiple) {
        if (multiple != null) {
            int own = Math.max(0, multiple.stripTrailingZeros().scale());
            return Math.max(own, 1); // a zero behind the point is as good as none
        }
        int most = JsonText.FRACTION_DIGITS;
        most = Math.max(most, low.scale() + 2);
        return high == null ? most : Math.max(most, high.scale() + 2);
    }

    /// One way for each number of digits before the point.
    private Expr lengths(BigDecimal low, @Nullable BigDecimal high) {
        int shortest = integerDigits(low);
        int longest =
                high == null
                        ? Math.max(JsonText.INTEGER_DIGITS, shortest + 2)
                        : integerDigits(high);
        var ways = new ArrayList<Expr>();
        for (int length = shortest; length <= longest; length++) {
            String from = length == shortest ? digits(low, length) : null;
            String to = high != null && length == longest ? digits(high, length) : null;
            ways.add(first(length, from, to));
        }
        return Expr.alt(ways);
    }

    private static int integerDigits(BigDecimal value) {
        return value.toBigInteger().toString().length();
    }

    private String digits(BigDecimal value, int length) {
        int scale = Math.max(fractionDigits, Math.max(0, value.scale()));
        String all = value.setScale(scale).unscaledValue().toString();
        return "0".repeat(Math.max(0, length + scale - all.length())) + all;
    }

    private Expr first(int length, @Nullable String low, @Nullable String high) {
        return digit(new Place(length, -1, low, high, 0), length > 1);
    }

    private Expr rest(Place place) {
        Expr have = known.get(place);
        if (have != null) return have;
        Expr made = make(place);
        known.put(place, made);
        return made;
    }

    private Expr make(Place place) {
        if (place.integer > 0) return digit(place, false);
        var ways = new ArrayList<Expr>();
        boolean point = place.fraction < 0;
        if (place.fraction != 0 && mayEnd(place)) ways.add(Expr.nothing());
        if (point && fractionDigits > 0)
            ways.add(
                    Expr.seq(
                            Expr.text("."),
                            rest(new Place(0, 0, place.low, place.high, place.left))));
        if (!point && place.fraction < fractionDigits) ways.add(digit(place, false));
        return Expr.alt(ways);
    }

    private boolean mayEnd(Place place) {
        if (place.low != null && (nonZero(place.low) || lowOpen)) return false;
        if (place.high != null && !nonZero(place.high) && highOpen) return false;
        int missing = Math.max(0, scale - Math.max(0, place.fraction));
        return modulus == 1
                || BigInteger.TEN
                                .pow(missing)
                                .multiply(BigInteger.valueOf(place.left))
                                .mod(BigInteger.valueOf(modulus))
                                .signum()
                        == 0;
    }

    private static boolean nonZero(String digits) {
        return digits.chars().anyMatch(c -> c != '0');
    }

    /// One digit and what follows, digits that lead to the same place together.
    private Expr digit(Place place, boolean notZero) {
        var targets = new LinkedHashMap<Place, long[]>();
        for (char d = notZero ? '1' : '0'; d <= '9'; d++) {
            var next = after(place, d);
            if (next != null) targets.computeIfAbsent(next, _ -> new long[4])[d >> 6] |= 1L << d;
        }
        List<Expr> ways = new ArrayList<>();
        targets.forEach((next, set) -> ways.add(Expr.seq(new Expr.Bytes(set), rest(next))));
        return Expr.alt(ways);
    }

    private @Nullable Place after(Place place, char digit) {
        String low = place.low;
        String high = place.high;
        if (low != null) {
            if (low.isEmpty() || digit > low.charAt(0))
                low = low.isEmpty() ? behindLow(digit) : null;
            else if (digit < low.charAt(0)) return null;
            else low = low.substring(1);
        }
        if (high != null) {
            if (high.isEmpty()) {
                if (digit != '0') return null;
            } else if (digit < high.charAt(0)) high = null;
            else if (digit > high.charAt(0)) return null;
            else high = high.substring(1);
        }
        boolean inFraction = place.integer == 0;
        boolean beyond = multiple && inFraction && place.fraction >= scale;
        if (beyond && digit != '0') return null;
        int left = beyond ? place.left : (place.left * 10 + digit - '0') % modulus;
        return new Place(
                inFraction ? 0 : place.integer - 1,
                inFraction ? place.fraction + 1 : -1,
                low,
                high,
                left);
    }

    /// Behind all digits of the lower bound, zeros are still the bound itself.
    private static @Nullable String behindLow(char digit) {
        return digit == '0' ? "" : null;
    }
}
