package importer

func openVTK(path string, limit int64) (source, error)  { return nil, nil }
func openVTU(path string, limit int64) (source, error)  { return nil, nil }
func openGmsh(path string, limit int64) (source, error) { return nil, nil }
