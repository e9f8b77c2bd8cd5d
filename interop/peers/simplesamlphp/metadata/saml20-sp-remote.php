<?php

/*
 * The service providers: the metadata documents that were handed in, each with what its administrator set beside it.
 */
foreach (glob(getenv('INTEROP_STATE') . '/sp/*.xml') as $file) {
    $parsed = SimpleSAML\Metadata\SAMLParser::parseString(file_get_contents($file))->getMetadata20SP();
    $settings = json_decode(file_get_contents("$file.json"), true);
    $metadata[$parsed['entityid']] = array_merge($parsed, $settings);
}
