import Background
import Domain
import Sync

/// Stands in Airtable's place where it is not connected and nothing is to be sent: what is read waits
/// in the store until it is.
struct AbsentSink: SinkProvider {
  let service = Service.airtable
  let batchMax = 1

  func capabilities(of resource: Resource) -> Capabilities { Capabilities(reading: .none) }

  func writableFields(of resource: Resource) -> [FieldDefinition] { [] }

  func verify(_ cancellation: Cancellation) throws(ProviderError) -> String { throw absent }

  func write(
    _ resource: Resource, _ writes: [Write], cancellation: Cancellation
  ) throws(ProviderError) -> [WriteOutcome] { throw absent }

  func find(
    _ resource: Resource, keys: [RemoteKey], cancellation: Cancellation
  ) throws(ProviderError) -> [FoundRow] { throw absent }

  func rows(
    _ resource: Resource, cursor: String?, cancellation: Cancellation
  ) throws(ProviderError) -> (rows: [FoundRow], next: String?) { throw absent }

  private var absent: ProviderError {
    ProviderError(.airtable, .notSetUp, "Airtable is not connected.")
  }
}
