// Reading what owners plan: the base's table of forecasts.
import Domain
import Providers
import Storage
import Sync

extension Workspace {
  /// Reads the table of forecasts and keeps it in place of what was read before.
  ///
  /// - Returns: how many rows were kept, and how many were left out because they lack a day, an amount, a
  ///   property or an account that is known here.
  func readPlan() throws(Failure) -> (kept: Int, leftOut: Int) {
    let provider = try airtable()
    var rows: [PlannedRow] = []
    var seen = 0
    var cursor: String?
    do throws(ProviderError) {
      for _ in 0..<Self.planPagesMax {
        let page = try provider.observe(.forecasts, cursor: cursor, cancellation: cancellation)
        if page.restarted { (rows, seen) = ([], 0) }
        seen += page.rows.count
        rows += page.rows.compactMap { row in
          guard let day = row.fields["date"]?.date, let amount = row.fields["amount"]?.money,
            let property = row.fields["property_id"]?.reference,
            let account = row.fields["gl_account_id"]?.reference
          else { return nil }
          return PlannedRow(
            remoteID: row.remoteID, day: day, amount: amount, property: property, account: account)
        }
        cursor = page.next
        if cursor == nil { break }
      }
    } catch { throw Failure(error) }
    let planned = rows
    let unknown = try onStore { store throws(StorageError) in try store.replacePlan(planned) }
    return (rows.count - unknown, seen - rows.count + unknown)
  }

  /// 100,000 rows: more is no plan but a mistake.
  private static let planPagesMax = 1000

  /// Reads the plan when the base is connected; says what stands in the way instead of failing, for what
  /// was read before can still be compared with.
  func freshenPlan() -> [String] {
    do throws(Failure) {
      guard try isConnected(.airtable) else {
        return ["Airtable is not connected: the plan is what was read last."]
      }
      let count = try readPlan().leftOut
      return count == 0
        ? []
        : ["\(count) rows of the plan lack a day, an amount, a property or an account."]
    } catch {
      return ["The plan could not be read anew: \(error.message)"]
    }
  }
}
