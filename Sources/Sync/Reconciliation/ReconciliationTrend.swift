import Domain
import Storage

/// How much was the same on both sides, day by day and week by week. Pure.
public enum ReconciliationTrend {
  /// One day or week of a trend.
  public struct Point: Sendable, Hashable {
    /// The day, or the Monday of the week.
    public var day: CalendarDate
    /// What was the same, all resources together.
    public var accuracy: Accuracy
    /// How many records were compared.
    public var compared: Int
  }

  /// The accuracy at the end of each day on which anything was compared, the oldest first. A resource
  /// that was not compared on a day counts as it stood before.
  public static func daily(_ results: [ReconciliationDay]) -> [Point] {
    var known: [Resource: ReconciliationDay] = [:]
    var points: [Point] = []
    for result in results.sorted(by: { ($0.day, $0.resource) < ($1.day, $1.resource) }) {
      known[result.resource] = result
      let compared = known.values.reduce(0) { $0 + $1.compared }
      let point = Point(
        day: result.day,
        accuracy: Accuracy(
          matching: known.values.reduce(0) { $0 + $1.matching }, of: compared), compared: compared)
      if points.last?.day == result.day { points.removeLast() }
      points.append(point)
    }
    return points
  }

  /// The lowest accuracy of each week that had a comparison, the oldest first; weeks begin on Monday.
  /// The lowest and not the mean: a bad day must not be hidden by six good ones.
  public static func weekly(_ daily: [Point]) -> [Point] {
    var points: [Point] = []
    for point in daily {
      // 1 January 1970 was a Thursday.
      let monday = point.day.adding(days: -((point.day.daysSince1970 + 3) % 7))
      if let last = points.last, last.day == monday {
        if point.accuracy < last.accuracy {
          points[points.count - 1].accuracy = point.accuracy
          points[points.count - 1].compared = point.compared
        }
      } else {
        points.append(Point(day: monday, accuracy: point.accuracy, compared: point.compared))
      }
    }
    return points
  }
}
