/// An ellipsoid through points that a distorted sphere left, fitted by least squares without storing them: the sums of
///
///     x² + y² + z² = a (x² + y² − 2z²) + b (x² − 2y² + z²) + 2c xy + 2d xz + 2e yz + 2g x + 2h y + 2i z + j
///
/// which holds wherever the origin lies, inside or out (Li and Griffiths, Least squares ellipsoid specific fitting, 2004,
/// without its constraint: the solution is checked to be an ellipsoid instead).
struct EllipsoidFit {
    struct Solution {
        /// What is subtracted, then what is multiplied: symmetric, turns the ellipsoid into a sphere.
        var centre: SIMD3<Double>
        var matrix: SymmetricMatrix3
        /// Geometric mean of the half axes.
        var radius: Double
        /// RMS distance of the points from the fitted surface, as a share of the radius.
        var residual: Double
        /// Longest over shortest half axis.
        var elongation: Double
    }

    private(set) var count = 0
    /// Points are divided by this, so that all nine columns are of one size.
    private let unit: Double
    private var normal = [Double](repeating: 0, count: 81)
    private var right = [Double](repeating: 0, count: 9), squares = 0.0

    /// `unit`: about the radius of the sphere.
    init(unit: Double) { self.unit = unit }

    mutating func add(_ point: SIMD3<Double>) {
        let p = point / unit
        guard p.x.isFinite, p.y.isFinite, p.z.isFinite, (p * p).sum() < 1e4 else { return }
        withUnsafeTemporaryAllocation(of: Double.self, capacity: 9) { row in
            let square = (p * p).sum()
            row[0] = square - 3 * p.z * p.z
            row[1] = square - 3 * p.y * p.y
            row[2] = 2 * p.x * p.y
            row[3] = 2 * p.x * p.z
            row[4] = 2 * p.y * p.z
            row[5] = 2 * p.x
            row[6] = 2 * p.y
            row[7] = 2 * p.z
            row[8] = 1
            for i in 0..<9 {
                for j in 0..<9 { normal[9 * i + j] += row[i] * row[j] }
                right[i] += row[i] * square
            }
            squares += square * square
        }
        count += 1
    }

    /// The ellipsoid; with `isAligned` its axes are the sensor's, which six positions suffice for. Nil where the points
    /// don't determine one.
    func solve(isAligned: Bool = false) -> Solution? {
        let columns = isAligned ? [0, 1, 5, 6, 7, 8] : [0, 1, 2, 3, 4, 5, 6, 7, 8]
        guard count >= columns.count, let solved = solveNormal(columns) else { return nil }
        var v = [Double](repeating: 0, count: 9)
        for (index, column) in columns.enumerated() { v[column] = solved[index] }
        let quadric = SymmetricMatrix3(xx: 1 - v[0] - v[1], yy: 1 - v[0] + 2 * v[1], zz: 1 + 2 * v[0] - v[1], xy: -v[2], xz: -v[3],
                                       yz: -v[4])
        guard let inverse = quadric.inverse else { return nil }
        let centre = inverse.apply(SIMD3(v[5], v[6], v[7]))
        // (p − c)ᵀ A (p − c) = j + cᵀ A c
        let level = v[8] + (centre * quadric.apply(centre)).sum()
        guard level > 0 else { return nil }
        let (values, vectors) = quadric.scaled(by: 1 / level).eigen()
        let smallest = min(values.x, min(values.y, values.z)), largest = max(values.x, max(values.y, values.z))
        guard smallest > 1e-9, largest.isFinite else { return nil }
        let roots = SIMD3(values.x.squareRoot(), values.y.squareRoot(), values.z.squareRoot())
        // Half axes are one over the roots.
        let radius = 1 / cubeRoot(roots.x * roots.y * roots.z)
        var left = squares
        for i in 0..<9 {
            left -= 2 * v[i] * right[i]
            for j in 0..<9 { left += v[i] * v[j] * normal[9 * i + j] }
        }
        return Solution(centre: centre * unit, matrix: SymmetricMatrix3(values: roots * radius, vectors: vectors),
                        radius: radius * unit, residual: (max(0, left) / Double(count)).squareRoot() / (2 * level),
                        elongation: (largest / smallest).squareRoot())
    }

    /// Gauss with the largest pivot, on the chosen rows and columns.
    private func solveNormal(_ columns: [Int]) -> [Double]? {
        let n = columns.count
        var a = [Double](repeating: 0, count: n * (n + 1))
        for i in 0..<n {
            for j in 0..<n { a[i * (n + 1) + j] = normal[9 * columns[i] + columns[j]] }
            a[i * (n + 1) + n] = right[columns[i]]
        }
        for column in 0..<n {
            var pivot = column
            for row in column..<n where a[row * (n + 1) + column].magnitude > a[pivot * (n + 1) + column].magnitude { pivot = row }
            let size = a[pivot * (n + 1) + column]
            guard size.magnitude > 1e-9 * Double(count) else { return nil }
            for j in 0...n { a.swapAt(column * (n + 1) + j, pivot * (n + 1) + j) }
            for row in 0..<n where row != column {
                let factor = a[row * (n + 1) + column] / size
                for j in column...n { a[row * (n + 1) + j] -= factor * a[column * (n + 1) + j] }
            }
        }
        var solution = [Double](repeating: 0, count: n)
        for i in 0..<n { solution[i] = a[i * (n + 1) + n] / a[i * (n + 1) + i] }
        return solution
    }
}

private func cubeRoot(_ value: Double) -> Double {
    var root = value > 1 ? value : 1
    // Newton's method falls to the root from above.
    for _ in 0..<200 {
        let next = (2 * root + value / (root * root)) / 3
        if next >= root { return next }
        root = next
    }
    return root
}
