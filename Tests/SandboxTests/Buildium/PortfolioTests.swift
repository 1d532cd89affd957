import Domain
import Testing

@testable import Sandbox
