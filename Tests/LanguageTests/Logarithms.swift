import CLinux

func expDouble(_ x: Double) -> Double { exp(x) }
func logFloat(_ x: Float) -> Float { logf(x) }
