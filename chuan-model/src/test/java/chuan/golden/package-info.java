/// What holds every back end to the same numbers: recorded results of the official code, and a
/// contract for each verb. Published as the test jar of this module.
@NullMarked
package chuan.golden;

import org.jspecify.annotations.NullMarked;
