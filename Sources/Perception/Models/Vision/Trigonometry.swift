#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

// The C library's functions, under names of their own: the modules that have them differ between systems.

func sine(_ angle: Float) -> Double { sin(Double(angle)) }

func cosine(_ angle: Float) -> Double { cos(Double(angle)) }

/// The angle of a vector, -π…π, as `atan2` gives it.
func angle(y: Float, x: Float) -> Float { atan2f(y, x) }

/// 1 / (1 + e^-x), of -100…100.
func sigmoid(_ value: Float) -> Float { 1 / (1 + expf(-min(max(value, -100), 100))) }

/// Of which 0…1 is the sigmoid.
func logit(_ share: Float) -> Float { logf(share / (1 - share)) }
