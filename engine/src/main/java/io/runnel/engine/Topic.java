package io.runnel.engine;

/** placeholder */
public record Topic(String name) {}
