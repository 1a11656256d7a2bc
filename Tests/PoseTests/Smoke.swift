import Testing
@testable import Pose
@Test func smoke() { #expect(PoseFilter().attitude9D == .identity) }
