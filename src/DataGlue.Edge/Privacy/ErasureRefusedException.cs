namespace DataGlue.Edge.Privacy;

/// <summary>A rule of the database's owner (a trigger, a constraint) does not let something be erased. What was erased before it stays erased, and the rest is tried again.</summary>
internal sealed class ErasureRefusedException() : Exception("A rule of the database's owner does not let this be erased; what was erased before it stays erased");
