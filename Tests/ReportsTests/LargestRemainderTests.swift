import Domain
import Testing

@testable import Reports

@Suite("Division by largest remainder")
struct LargestRemainderTests {
  @Test(
    "a cent that is left goes to the largest fraction, then the larger share, then the lower id")
  func cents() throws {
    func parts(_ total: Int64, _ weights: Int64...) throws -> [Int64] {
      let weights = weights.enumerated().map {
        LargestRemainder.Weight(id: $0.offset, weight: $0.element)
      }
      let parts = try #require(
        LargestRemainder.parts(of: Money(minorUnits: total), by: weights))
      return parts.map(\.minorUnits)
    }
    #expect(try parts(25000, 30001, 20000) == [15000, 10000])
    #expect(try parts(100, 1, 1, 1) == [34, 33, 33])
    #expect(try parts(-100, 1, 1, 1) == [-34, -33, -33])
    #expect(try parts(1, 3333, 3333, 3334) == [0, 0, 1])
    #expect(try parts(3, 1, 3) == [1, 2])
    #expect(try parts(0, 60, 40) == [0, 0])
    #expect(LargestRemainder.parts(of: Money(minorUnits: 5), by: []) == nil)
  }
}
